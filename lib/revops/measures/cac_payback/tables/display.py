"""Every table of the report by name, and the tables that go out as files beside it."""

import pandas as pd

from revops.measures.cac_payback.result import CacResult
from revops.measures.cac_payback.tables.groups import group_tables
from revops.measures.cac_payback.tables.kept import kept_tables
from revops.measures.cac_payback.tables.ladder import Display, ladder_tables
from revops.measures.cac_payback.tables.left_out import left_out_tables
from revops.measures.cac_payback.tables.realised import realised_tables

__all__ = ["books_table", "channels_table", "customers_table", "display_tables", "published_table"]


def display_tables(result: CacResult) -> dict[str, Display]:
    """Return caption, table and units of every table that the data allow, by name."""
    tables = ladder_tables(result) | realised_tables(result) | group_tables(result) | kept_tables(result)
    return {name: table for name, table in (tables | left_out_tables(result)).items() if len(table[1])}


def customers_table(result: CacResult) -> pd.DataFrame:
    """Return every new customer: when it began, what it paid, what it cost, and whether it has paid that back."""
    told = result.realised.table.drop(columns=["start_month", "segment", "new_amount"], errors="ignore")
    return result.customers.table.merge(told, how="left", on="customer", validate="one_to_one")


def books_table(result: CacResult) -> pd.DataFrame:
    """Return cost of acquisition and margin by month."""
    months = result.books.spend.assign(gross_margin=result.books.margin)
    return months.rename_axis("month").reset_index()


def published_table(result: CacResult) -> pd.DataFrame:
    """Return every published figure that answers a number of ours, with what to mind."""
    return result.peers.table


def channels_table(result: CacResult) -> pd.DataFrame:
    """Return every channel under every model."""
    return result.channels.by_model
