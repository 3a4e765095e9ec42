"""What notebooks show: one Answer, and blocks for people with the same numbers for programs inside."""

from revops.report.answer import ANSWER_MIME, RECORDS_MIME, Answer, Records
from revops.report.blocks import Block, Definitions, FigureBlock, LeftOut, Provenance, TableBlock, css
from revops.report.figures import FIGURE_KEY

__all__ = [
    "ANSWER_MIME",
    "FIGURE_KEY",
    "RECORDS_MIME",
    "Answer",
    "Block",
    "Definitions",
    "FigureBlock",
    "LeftOut",
    "Provenance",
    "Records",
    "TableBlock",
    "css",
]
