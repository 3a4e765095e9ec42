"""All that is known of each campaign: credit under every rule, resamples of it, costs, open deals."""

from dataclasses import dataclass

import numpy as np

from revops.analysis.credit import Groups, Paths, credit_by_model, credit_draws, touch_weights
from revops.measures.attribution_comparison.campaigns.listed import Listed, listed
from revops.measures.attribution_comparison.campaigns.to_come import ToCome, to_come
from revops.measures.attribution_comparison.costs import WindowCosts
from revops.measures.attribution_comparison.credited import Credited
from revops.measures.attribution_comparison.shared import reference_rule, rules_of
from revops.measures.attribution_comparison.window import Window

__all__ = ["Known", "known_of"]

Array = np.ndarray


@dataclass(frozen=True)
class Known:
    """paths: the journeys that ended by the day, whenever that was (those without a win count in the draws alone).
    rules: those that could be had; reference: the one of ranges and of open deals. deals, amount: credit [rule x
    campaign]. drawn: amount under the reference rule [campaign x draw]. of_deal: the share of its deal's amount that
    each touch has under it. spend: the whole cost so far of campaigns of the CRM; NaN where none is known, or one of 0.
    """

    window: Window
    costs: WindowCosts
    paths: Paths
    listed: Listed
    coming: ToCome
    rules: tuple[str, ...]
    reference: str | None
    deals: Array
    amount: Array
    drawn: Array
    of_deal: Array
    spend: Array

    @property
    def place(self) -> int:
        """Return the place of the reference rule among the rules."""
        return self.rules.index(self.reference) if self.rules else 0

    @property
    def n_accounts(self) -> int:
        """Return how many accounts won a deal with touches."""
        return self.paths.journeys.loc[self.paths.values("wins") > 0, "account"].nunique()


def known_of(window: Window, won: Credited, costs: WindowCosts) -> Known:
    """Return what is known of each campaign that is listed; no rule where none could be had for the window."""
    knobs = window.knobs
    rules, reference = rules_of(won, knobs) if won.models else (), reference_rule(won, knobs)
    journeys = window.journeys("close", since=None, until=window.view.day)
    paths = Paths(journeys.journeys, journeys.touches, journeys.channels)
    coming = to_come(window, reference)
    found = listed(window, journeys, coming.found, costs)
    n, table = len(found.table), found.table
    by = Groups("row", tuple(f"{row:09d}" for row in range(n)), found.of_touch)
    credit = credit_by_model(paths, rules, knobs=knobs.credit, by=by)
    deals, amount = (credit[name].to_numpy(dtype=float).reshape(len(rules), n)
                     for name in ("credited_deals", "credited_amount"))  # fmt: skip
    drawn, of_deal = np.zeros((n, 0)), np.zeros(len(paths.touches))
    if rules:
        draws = credit_draws(paths, (reference,), seed=knobs.seed, n_draws=knobs.draws, knobs=knobs.credit, by=by)
        drawn = draws.amount[reference]
        of_deal = touch_weights(paths, reference, knobs=knobs.credit) * paths.values("amount")[paths.journey]
    has_cost = (table["spend_amount"] > 0) & table["campaign_id"].notna()
    spend = table["spend_amount"].where(has_cost).to_numpy()
    return Known(window, costs, paths, found, coming, rules, reference, deals, amount, drawn, of_deal, spend)
