"""What every rule credits every campaign with, of the deals won and of the pipeline created in the window."""

import numpy as np
import pandas as pd

from revops.analysis.credit import credit_by_model, groups_of
from revops.book import UNKNOWN
from revops.measures.attribution_comparison.campaigns.listed import NO_CAMPAIGN
from revops.measures.attribution_comparison.credited import Credited
from revops.measures.attribution_comparison.shared import named_campaigns, rules_of
from revops.measures.attribution_comparison.window import Window

__all__ = ["BY_RULE", "campaigns_by_rule", "types_by_rule"]

BY_RULE = ["of", "model", "campaign_id", "campaign_name", "campaign_type", "credited_deals", "credited_amount"]
_OF = {"close": "won", "creation": "pipeline_created"}


def campaigns_by_rule(window: Window, won: Credited, pipeline: Credited) -> pd.DataFrame:
    """Return what every rule credits every campaign with, of the window's deals alone.

    What campaigns return on their cost is another question, of all that they brought: Campaigns.returns_by_rule.

    Returns
        BY_RULE, one row per of (won, pipeline_created) x rule x campaign with a touch, sorted; touches without campaign
        are one row (id null, name and type "No campaign"). Each rule adds up to what it credits in all.
    """
    return pd.concat([_credit(window, credit) for credit in (won, pipeline)], ignore_index=True)[BY_RULE]


def types_by_rule(by_rule: pd.DataFrame) -> pd.DataFrame:
    """Return what every rule credits every type of campaign with: of, model, campaign_type, credited_deals,
    credited_amount; in the order of campaigns_by_rule's rules, types sorted."""
    keys = ["of", "model", "campaign_type"]
    order = by_rule[["of", "model"]].drop_duplicates()
    sums = by_rule.groupby(keys)[["credited_deals", "credited_amount"]].sum().reset_index()
    return order.merge(sums, how="left", on=["of", "model"], validate="one_to_many")


def _credit(window: Window, credit: Credited) -> pd.DataFrame:
    rules, touches = rules_of(credit, window.knobs), credit.found.touches
    ids = touches["campaign_id"].fillna("")
    found = credit_by_model(credit.paths, rules, knobs=window.knobs.credit, by=groups_of(credit.paths, ids, "row"))
    named = named_campaigns(window.view.book, touches).reindex(found["row"]).reset_index(drop=True)
    none = found["row"].eq("")
    types = touches["campaign_type"].groupby(ids).min().reindex(found["row"]).reset_index(drop=True)
    type = named["campaign_type"].fillna(types).fillna(UNKNOWN)
    return pd.DataFrame({
        "of": _OF[credit.cutoff], "model": found["model"], "campaign_id": found["row"].mask(none, np.nan),
        "campaign_name": named["campaign_name"].mask(none, NO_CAMPAIGN), "campaign_type": type.mask(none, NO_CAMPAIGN),
        "credited_deals": found["credited_deals"], "credited_amount": found["credited_amount"],
    }).astype({"of": "str", "model": "str", "campaign_id": "str"})  # fmt: skip
