"""Which opportunity each lead became part of, and what became of that."""

import pandas as pd

from revops.analysis.among import is_among
from revops.measures.stage_benchmarking.window import Window

__all__ = ["with_opportunities"]


def with_opportunities(records: pd.DataFrame, window: Window) -> pd.DataFrame:
    """Return the leads with opportunity_id, opportunity_at and is_by_role: the opportunity made of each, if one was.

    Question
        Which opportunity came of this lead?

    Parameters
        records : records.lead_records

    Formula
        The opportunity that the CRM made of the lead, of whatever type. Else the first of the types looked at (knob
        types) that the contact it became has a role on, and that was made on the day of the lead or later. Else, for a
        contact that has a role on none, the day it became part of one by its own record (opportunity_at without
        opportunity_id), and the day it became a customer.

    Limits
        Contact roles have no stamp: today's hold, once contact, lead and opportunity are there. Deleted opportunities
        are none.
    """
    state = window.view.opportunities.set_index("opportunity_id")
    own = records["own_opportunity_id"].where(is_among(records["own_opportunity_id"], state.index))
    roles = window.view.book.table("contact_roles")
    roles = roles[is_among(roles["opportunity_id"], state.index)]
    by_role = _by_role(records, roles, state[state["type"].isin(window.knobs.types)])
    chosen = own.fillna(by_role).astype("str")
    has_none = chosen.isna() & ~is_among(records["contact_id"], roles["contact_id"])
    made = pd.Series(state["created_at"].reindex(chosen).to_numpy(), records.index, dtype="datetime64[us]")
    return records.drop(columns="own_opportunity_id").assign(
        opportunity_id=chosen,
        opportunity_at=made.fillna(records["opportunity_at"].where(has_none)),
        customer_at=records["customer_at"].where(has_none),
        is_by_role=own.isna() & chosen.notna(),
    )


def _by_role(records: pd.DataFrame, roles: pd.DataFrame, deals: pd.DataFrame) -> pd.Series:
    """Return of each lead the first of the deals that its contact has a role on and that is not older than it."""
    found = records[["contact_id", "created"]].dropna().rename_axis("row").reset_index()
    pairs = found.merge(roles[["contact_id", "opportunity_id"]], on="contact_id")
    pairs = pairs.merge(deals[["created_at", "amount"]].reset_index(), on="opportunity_id")
    pairs = pairs[pairs["created_at"].dt.normalize() >= pairs["created"].dt.normalize()]
    pairs = pairs.sort_values(["row", "created_at", "amount", "opportunity_id"], ascending=[True, True, False, True])
    return pairs.drop_duplicates("row").set_index("row")["opportunity_id"].reindex(records.index).astype("str")
