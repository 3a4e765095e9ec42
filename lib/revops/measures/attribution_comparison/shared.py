"""What campaigns and single deals are told under: the models that share each journey among its own touches."""

import pandas as pd

from revops.analysis.credit import SHARED
from revops.book import Book
from revops.measures.attribution_comparison.credited import Credited
from revops.measures.attribution_comparison.knobs import Knobs

__all__ = ["named_campaigns", "reference_rule", "rules_of"]


def rules_of(won: Credited, knobs: Knobs) -> tuple[str, ...]:
    """Return the models of SHARED that were asked for and could be had, in order, the reference rule among them."""
    reference = reference_rule(won, knobs)
    return tuple(model for model in SHARED if model in won.models or model == reference)


def reference_rule(won: Credited, knobs: Knobs) -> str | None:
    """Return the reference model; linear where it is a Markov model; else the first rule that could be had.

    Markov credit belongs to channels: no touch has a share of it.
    """
    wanted = (knobs.reference_model, "linear", *won.models)
    return next((model for model in wanted if model in SHARED and model not in won.unavailable), None)


def named_campaigns(book: Book, touches: pd.DataFrame) -> pd.DataFrame:
    """Return the campaigns of some touches: campaign_id -> campaign_name, campaign_type, end_date.

    Names and types are those of the campaigns' own table; of campaigns that it does not know, those on the touches.
    """
    table = book.table("campaigns").set_index("campaign_id")[["campaign_name", "campaign_type", "end_date"]]
    rows = touches[touches["campaign_id"].notna()]
    rows = rows[~rows["campaign_id"].isin(table.index)]
    own = book.table("touches").loc[:, ["touch_id", "campaign_id", "campaign_name", "campaign_type"]]
    own = own[own["touch_id"].isin(rows["touch_id"])].drop(columns="touch_id")
    others = own.groupby("campaign_id").min().reindex(columns=table.columns).astype(table.dtypes)
    return pd.concat([table, others]) if len(others) else table
