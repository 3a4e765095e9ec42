"""The company's canonical tables, prepared once from its exports, and seen as they stood at the end of a day."""

from revops.book.executors import on
from revops.book.prepared import open_book
from revops.book.view import UNASSIGNED, UNKNOWN, AsOf, Book

__all__ = ["UNASSIGNED", "UNKNOWN", "AsOf", "Book", "on", "open_book"]
