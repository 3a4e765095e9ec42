"""Everything the stage benchmarking report shows, computed once: tables of different grain that must agree."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from revops.analysis.passages import between_groups, converted, times
from revops.analysis.passages.moved import beyond_chance
from revops.analysis.peers import Peers, placed
from revops.book import AsOf
from revops.errors import MeasureError
from revops.measures.stage_benchmarking.alike import seen_then
from revops.measures.stage_benchmarking.changes import Changes, Family, changes_of, days_of, family_of, moves_of
from revops.measures.stage_benchmarking.funnel import Funnel, funnel_of
from revops.measures.stage_benchmarking.hand_off import HandOff, hand_off_of
from revops.measures.stage_benchmarking.knobs import Knobs
from revops.measures.stage_benchmarking.leaks import leaks
from revops.measures.stage_benchmarking.likeness import others, our_numbers
from revops.measures.stage_benchmarking.marketing import Marketing, marketing_of
from revops.measures.stage_benchmarking.needs import refusal
from revops.measures.stage_benchmarking.organisation import Organisation, organisation_of
from revops.measures.stage_benchmarking.ours import about_us, known_numbers, told_of
from revops.measures.stage_benchmarking.pipeline import Pipeline, pipeline_of
from revops.measures.stage_benchmarking.remarks import unexplained
from revops.measures.stage_benchmarking.unavailable import unavailable
from revops.measures.stage_benchmarking.window import Window, window_of
from revops.wording import count

__all__ = ["StageResult", "measure"]

_WHYS = ("mqls", "cost", "enrichment", "utm")
"""What marketing tells of leads (Marketing.why)."""

_MANY_OPEN = 0.05
"""A larger share of leads with a status that nobody explained leaves the hand-off untold."""


@dataclass(frozen=True)
class StageResult:
    """The tables behind one stage benchmarking report.

    changes: every comparison of the last weeks with the windows before. groups: analysis.passages.between_groups of
    leads and of opportunities, with what (funnel, stage, win). leaks: what became of what came into each stage, by the
    longest horizon, with what. places: where our numbers stand among published ones. unavailable maps a metric to what
    it needs.
    """

    view: AsOf
    knobs: Knobs
    window: Window
    funnel: Funnel
    pipeline: Pipeline
    hand_off: HandOff
    marketing: Marketing
    organisation: Organisation
    changes: Changes
    groups: pd.DataFrame
    leaks: pd.DataFrame
    peers: Peers
    places: pd.DataFrame
    unavailable: dict[str, str]

    @cached_property
    def following(self) -> dict[str, str]:
        """Return the stage that follows each open stage in use in its pipeline, by name; of the last, the won stage."""
        won = next(stage for stage in self.view.company.stages if stage.outcome == "won")
        rows = self.pipeline.stages[self.pipeline.stages["first_seen"].notna()]
        after = rows.groupby(rows["pipeline"].fillna(""))["stage"].shift(-1).fillna(won.name)
        return dict(zip(rows["stage"], after, strict=True))

    @property
    def sla_words(self) -> str:
        """Return within how long an MQL is to be touched, in words."""
        n, unit = self.knobs.sla_hours, "hour"
        if self.hand_off.unit == "days":
            n, unit = self.knobs.sla_hours // self.hand_off.day_hours, "working day"
        return f"within {count(n)} {unit}{'' if n == 1 else 's'}" if n else "on the same day"

    @cached_property
    def open_statuses(self) -> str | None:
        """Return which statuses of leads company.yml leaves open, where so many leads had one that the hand-off cannot
        be told; None where few did."""
        told, part = unexplained(self.view.book, self.view.day)
        return told if part > _MANY_OPEN else None

    def hand_off_of(self, window: str) -> pd.Series:
        """Return the hand-off of one window: now or past."""
        return self.hand_off.table.set_index("window").loc[window]

    def all_converted(self, what: str) -> pd.DataFrame:
        """Return `analysis.passages.converted` of one kind, by step, over the last weeks and the windows before; empty
        where there is none."""
        rows = _passages(self.funnel, self.pipeline, self.window)[what]
        rows = rows[rows["window"].between(0, self.knobs.past)]
        return converted(rows, self.knobs.horizons, level=self.knobs.level, fewest=self.knobs.fewest_followed)

    def times_by_segment(self) -> pd.DataFrame:
        """Return `analysis.passages.times` of stays begun in the last weeks and the windows before, by stage and
        segment."""
        rows = self.pipeline.stays
        rows = rows[rows["window"].between(0, self.knobs.past)]
        return times(rows, by=("stage_name", "segment"), level=self.knobs.level)


def measure(view: AsOf, knobs: Knobs, published: pd.DataFrame, off: pd.Series | str | None = None) -> StageResult:
    """Return everything the report shows, for the company or for the slice that `knobs` names.

    Question
        Where does the funnel leak, against our own past, our segments and others, and what does it say of us?

    Parameters
        published : figures of others (revops.benchmarks.published)
        off : whether the company's forecasts are off again and again (forecast_accuracy.signal_of), or why that is not
            known; None: not asked

    Raises
        MeasureError: neither leads nor a history of stages; the slice names a group without opportunities.
    """
    if (needs := refusal(view.book)) is not None:
        raise MeasureError(f"stage_benchmarking: {needs}; found none.")
    window = window_of(view, knobs)
    funnel, pipeline = funnel_of(window), pipeline_of(window)
    hand_off, marketing = _of_leads(window, funnel)
    rows = _passages(funnel, pipeline, window)
    families = _families(rows, funnel, window)
    stays = days_of(seen_then(window, pipeline.stays, entered="first"), knobs.deal_groups, knobs)
    told = None if knobs.slice else told_of(funnel, hand_off, marketing)
    organisation = organisation_of(window, told, off)
    ours = our_numbers(known_numbers(window, funnel, pipeline, hand_off, marketing))
    figures = others(published, ours, knobs, about_us(window, organisation))
    return StageResult(
        view=view, knobs=knobs, window=window, funnel=funnel, pipeline=pipeline, hand_off=hand_off,
        marketing=marketing, organisation=organisation,
        changes=changes_of(families, [*stays, hand_off.moves, *moves_of(marketing, knobs)], knobs),
        groups=_groups(rows, families, knobs), leaks=_leaks(rows, knobs), peers=figures, places=placed(figures.table),
        unavailable=unavailable(view.book, funnel, pipeline, hand_off, marketing, organisation),
    )  # fmt: skip


def _of_leads(window: Window, funnel: Funnel) -> tuple[HandOff, Marketing]:
    """Return the hand-off and marketing; where there is no funnel, what they lack of leads is for that reason."""
    hand_off, marketing = hand_off_of(window, funnel), marketing_of(window, funnel)
    if funnel.why is None:
        return hand_off, marketing
    whys = (dict.fromkeys(hand_off.why, funnel.why), marketing.why | dict.fromkeys(_WHYS, funnel.why))
    return replace(hand_off, why=whys[0]), replace(marketing, why=whys[1])


def _passages(funnel: Funnel, pipeline: Pipeline, window: Window) -> dict[str, pd.DataFrame]:
    """Return passages of each kind, with the window they came in."""
    leads = {name: rows.assign(window=window.place_of(rows["entered"]))
             for name, rows in (("funnel", funnel.passages), ("lead_to_won", funnel.whole))}  # fmt: skip
    return leads | {"stage": pipeline.passages, "win": pipeline.win_passages}


def _families(rows: dict[str, pd.DataFrame], funnel: Funnel, window: Window) -> list[Family]:
    """Return what is compared, past windows as they stood when they were as old as the last weeks are."""
    knobs, worth = window.knobs, _worth(funnel)
    parts = (("win", knobs.deal_groups), ("stage", knobs.deal_groups), ("funnel", knobs.lead_groups))
    found = [family_of(what, seen_then(window, rows[what]), groups, knobs, worth) for what, groups in parts]
    return [family for family in found if family is not None]


def _worth(funnel: Funnel) -> pd.Series:
    """Return what one enquiry that moves on from a step is worth: the share that then becomes an opportunity, at the
    longest horizon told, x the mean amount of such opportunities."""
    told = funnel.converted_past.dropna(subset="share").drop_duplicates("step", keep="last").set_index("step")["share"]
    amounts = funnel.enquiries["amount"].dropna()
    each = float(amounts.mean()) if len(amounts) else np.nan
    later = told.get("sql", np.nan)
    return pd.Series({"sql": each, "mql": later * each, "lead": told.get("mql", np.nan) * later * each})


def _groups(passages: dict[str, pd.DataFrame], families: list[Family], knobs: Knobs) -> pd.DataFrame:
    """Return the groups of each kind against the rest, over the last weeks and the windows before; opportunities of the
    first of `types` alone, since segments differ in how much of their business is expansion."""
    tables = []
    for family in families:
        rows = passages[family.what]
        rows = rows[rows["window"].between(0, knobs.past)]
        parts = {"type": rows} if "type" in family.groups else {}
        alike = rows[rows["type"].eq(knobs.types[0])] if "type" in rows else rows
        parts |= {name: alike for name in family.groups if name != "type"}
        tables += [_apart(part, name, knobs).assign(what=family.what) for name, part in parts.items() if len(part)]
    if not tables:
        return between_groups(passages["win"], pd.Series(dtype="float64"), ()).assign(what=pd.Series(dtype="str"))
    return _sure(pd.concat(tables, ignore_index=True), knobs)


def _sure(groups: pd.DataFrame, knobs: Knobs) -> pd.DataFrame:
    """Return groups with those verdicts alone that hold counting all of them, of all kinds and dimensions."""
    tested = beyond_chance(groups[["p_value", "time_p_value"]].to_numpy(dtype=float).T.ravel(), knobs.sure)
    verdicts = zip(("verdict", "time_verdict"), tested.reshape(2, -1), strict=True)
    return groups.assign(**{name: groups[name].where(sure | groups[name].eq("few"), "none") for name, sure in verdicts})


def _apart(rows: pd.DataFrame, dimension: str, knobs: Knobs) -> pd.DataFrame:
    ages = _longest(rows, knobs)
    return between_groups(rows, ages, [dimension], fewest=knobs.fewest, level=knobs.level, sure=knobs.sure)


def _longest(passages: pd.DataFrame, knobs: Knobs) -> pd.Series:
    """Return by step the largest horizon that enough were followed to: groups that take longer are not called worse."""
    told = converted(passages, knobs.horizons, level=knobs.level, fewest=knobs.fewest_followed)
    return told[told["share"].notna()].groupby("step")["horizon_days"].max()


def _leaks(passages: dict[str, pd.DataFrame], knobs: Knobs) -> pd.DataFrame:
    tables = []
    for what in ("funnel", "stage"):
        rows = passages[what]
        rows = rows[rows["window"].between(0, knobs.past)]
        tables.append(leaks(rows, horizon=max(knobs.horizons), fewest=knobs.fewest_followed).assign(what=what))
    return pd.concat(tables, ignore_index=True)
