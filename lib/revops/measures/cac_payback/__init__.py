"""CAC payback: how long until a new customer has repaid its cost, by segment and channel, and how many leave first?"""

from revops.measures.cac_payback.knobs import Knobs
from revops.measures.cac_payback.needs import NEEDS, READS, lacking, refusal
from revops.measures.cac_payback.result import CacResult, measure
from revops.measures.cac_payback.rows import measure_rows
from revops.measures.cac_payback.tables.display import (
    books_table,
    channels_table,
    customers_table,
    display_tables,
    published_table,
)

__all__ = [
    "NEEDS",
    "READS",
    "CacResult",
    "Knobs",
    "books_table",
    "channels_table",
    "customers_table",
    "display_tables",
    "lacking",
    "measure",
    "measure_rows",
    "published_table",
    "refusal",
]
