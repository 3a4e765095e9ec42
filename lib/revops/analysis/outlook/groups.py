"""What groups bring and need: the company's chances, as far as a group's past differs from what they say."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from revops.analysis.groups import FEWEST_SHOWN, GroupFactors, group_factors
from revops.analysis.landing import N_DRAWS, LandingModel
from revops.analysis.outlook.past import Past
from revops.analysis.outlook.subject import Subject, groups_of
from revops.analysis.required import Required, required_open, why_unknown
from revops.analysis.same_day import SameDay, open_on_day
from revops.ratios import safe_ratio

__all__ = ["GroupOutlook", "group_outlook", "slice_draws"]

_TOO_FEW = f"Fewer than {FEWEST_SHOWN} past deals of this group were due on this day."


@dataclass(frozen=True)
class GroupOutlook:
    """What groups of the company bring and need.

    past: SameDay.deals of recent quarters, due and covered by the quota, with the chance each was told; due: the
    company's open deals of that kind, with expected_amount; sums: those quarters' totals (SameDay.sums) and scales what
    late wins grow with. own_factor, own_draws: how a slice does against its deals' chances; 1 and None for the company.
    """

    subject: Subject
    past: pd.DataFrame
    due: pd.DataFrame
    sums: pd.DataFrame
    scales: pd.Series

    @cached_property
    def own_factor(self) -> float:
        """Return how much more or less a slice brings than its deals' chances say; 1 for the company."""
        slice = self.subject.knobs.slice
        if not slice:
            return 1.0
        found, scale, _ = self._factors(list(slice))
        return scale * float(found.table.set_index("group").loc[" / ".join(slice.values()), "factor"])

    @cached_property
    def own_draws(self) -> np.ndarray | None:
        """Return equally likely values of `own_factor`; None for the company."""
        slice = self.subject.knobs.slice
        if not slice:
            return None
        found, scale, _ = self._factors(list(slice))
        return scale * found.draws(" / ".join(slice.values()), N_DRAWS, self.subject.knobs.seed)

    @cached_property
    def unknown(self) -> str | None:
        """Return in a sentence why nobody can say how a slice's deals do; None where it can be said."""
        slice = self.subject.knobs.slice
        if not slice:
            return None
        found = self._factors(list(slice))[0].table.set_index("group")
        return _TOO_FEW if found.loc[" / ".join(slice.values()), "n"] < FEWEST_SHOWN else None

    def required(self, remaining: float, scale: float, draws: np.ndarray | None) -> Required | None:
        """Return the open pipeline that a remaining quota needs, at the company's yields times a factor."""
        knobs = self.subject.knobs
        common = {"scales": self.scales, "level": knobs.level, "seed": knobs.seed, "factor": draws}
        return required_open(self.sums, remaining=remaining, scale=scale, **common)

    def described(self, table: pd.DataFrame, by: str) -> pd.DataFrame:
        """Return coverage_by_group with `weighted_pipeline_amount` and `required_coverage` of each group.

        Parameters
            table : coverage_by_group of the subject by one dimension

        Returns
            `table` with n_past (past deals of the group, due on this day), is_few, expected_amount [company currency],
            required_coverage, required_low, required_high [x] and required_unknown (why they are undefined). NaN with
            fewer than 5 past deals. Expected amounts of all groups of the company add up to the company's.

        Formula
            expected = sum of chance x amount of the group's deals x factor; required = analysis.required with the
            group's remaining quota and factor (analysis.groups).
        """
        knobs = self.subject.knobs
        found, scale, expected = self._factors([*knobs.slice, by])
        labels = [" / ".join([*knobs.slice.values(), group]) for group in table["group"]]
        known = found.table.set_index("group").reindex(labels)
        n = known["n"].fillna(0).astype("int64").to_numpy()
        result = table.assign(n_past=n, is_few=known["is_few"].fillna(True).astype(bool).to_numpy())
        result["expected_amount"] = expected.reindex(labels).fillna(0.0).where(n >= FEWEST_SHOWN).to_numpy()
        rows = [
            self._need(row, scale * found.draws(label, N_DRAWS, knobs.seed) if count >= FEWEST_SHOWN else None)
            for row, label, count in zip(table.to_dict("records"), labels, n, strict=True)
        ]
        if by == "type":
            covered = table["group"].isin(self.subject.view.company.quota_covers)
            outside = (*(float("nan"),) * 3, "The quota does not cover this type.")
            rows = [row if inside else outside for row, inside in zip(rows, covered, strict=True)]
        columns = ["required_coverage", "required_low", "required_high", "required_unknown"]
        needs = pd.DataFrame(rows, columns=columns, index=table.index)
        return result.assign(**needs)

    def _need(self, row: dict, draws: np.ndarray | None) -> tuple[float, float, float, str | None]:
        """Return required coverage of one group, its range, or why there is none."""
        remaining, nothing = row["remaining_amount"], (float("nan"),) * 3
        if draws is None:
            return *nothing, _TOO_FEW
        reason = "No quota at this level." if np.isnan(remaining) else why_unknown(self.sums, remaining)
        if reason is not None:
            return *nothing, reason
        need = self.required(remaining, row["quota_amount"], draws)
        return need.amount / remaining, need.low / remaining, need.high / remaining, None

    def _factors(self, by: Sequence[str]) -> tuple[GroupFactors, float, pd.Series]:
        """Return the factors of all the company's groups, what to scale them with so that groups add up to the company,
        and what each group's open deals are expected to bring then."""
        groups = groups_of(self.subject.view.opportunities, by)
        chance = self.past["chance"].to_numpy()
        found = group_factors(self.past, chance, groups, level=self.subject.knobs.level)
        factor = found.table.set_index("group")["factor"]
        expected = self.due["expected_amount"].groupby(self.due["opportunity_id"].map(groups)).sum()
        raw = expected * factor.reindex(expected.index)
        scale = float(safe_ratio(expected.sum(), raw.sum())) if raw.sum() > 0 else 1.0
        return found, scale, raw * scale


def group_outlook(subject: Subject, past: Past, model: LandingModel, recent: SameDay) -> GroupOutlook:
    """Return what groups of the company bring and need, from recent quarters and the chances they tell."""
    view, covers = subject.view, subject.view.company.quota_covers
    now = open_on_day(subject.company_states, subject.period, view.day, view.company, past.halving)
    now = _covered(now.assign(expected_amount=model.expected(now)), covers)
    return GroupOutlook(subject, _with_chances(recent, model, covers), now, recent.sums(covers), past.scales)


def slice_draws(subject: Subject, before: SameDay, model: LandingModel) -> np.ndarray | None:
    """Return equally likely values of how a slice does against its deals' chances, told from some quarters alone;
    None for the company."""
    slice = subject.knobs.slice
    if not slice:
        return None
    past = _with_chances(before, model, subject.view.company.quota_covers)
    groups = groups_of(subject.view.opportunities, list(slice))
    found = group_factors(past, past["chance"].to_numpy(), groups, level=subject.knobs.level)
    return found.draws(" / ".join(slice.values()), N_DRAWS, subject.knobs.seed)


def _with_chances(days: SameDay, model: LandingModel, covers: Sequence[str]) -> pd.DataFrame:
    return _covered(days.deals.assign(chance=model.chances(days.deals)), covers)


def _covered(deals: pd.DataFrame, covers: Sequence[str]) -> pd.DataFrame:
    """Return the deals that are due and of a type that the quota covers."""
    return deals[deals["place"].eq("due") & deals["type"].isin(covers)].reset_index(drop=True)
