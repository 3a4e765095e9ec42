"""All that is known of each campaign: credit under every rule, resamples of it, costs, open deals."""

from dataclasses import dataclass

import numpy as np

from revops.analysis.credit import Groups, credit_by_model, credit_draws, touch_weights
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
    """rules: those that could be had, the reference among them (None where there is none). deals, amount: credit [rule
    x campaign]. drawn: amount under the reference rule [campaign x draw]. of_deal: the share of its deal's amount that
    each touch has under it. spend: NaN where no cost is known, nor one of 0."""

    window: Window
    won: Credited
    costs: WindowCosts
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
        return self.rules.index(self.reference) if self.reference else 0


def known_of(window: Window, won: Credited, costs: WindowCosts) -> Known:
    """Return what is known of each campaign with a touch or a cost."""
    knobs, paths = window.knobs, won.paths
    rules, reference = rules_of(won, knobs), reference_rule(won, knobs)
    coming = to_come(window, reference)
    found = listed(window, won.found, coming.found, costs)
    n, table = len(found.table), found.table
    by = Groups("row", tuple(f"{row:09d}" for row in range(n)), found.of_touch)
    credit = credit_by_model(paths, rules, knobs=knobs.credit, by=by)
    deals, amount = (credit[name].to_numpy(dtype=float).reshape(len(rules), n)
                     for name in ("credited_deals", "credited_amount"))  # fmt: skip
    drawn, of_deal = np.zeros((n, 0)), np.zeros(len(paths.touches))
    if reference:
        draws = credit_draws(paths, (reference,), seed=knobs.seed, n_draws=knobs.draws, knobs=knobs.credit, by=by)
        drawn = draws.amount[reference]
        of_deal = touch_weights(paths, reference, knobs=knobs.credit) * paths.values("amount")[paths.journey]
    spend = table["spend_amount"].where(table["spend_amount"] > 0).to_numpy()
    return Known(window, won, costs, found, coming, rules, reference, deals, amount, drawn, of_deal, spend)
