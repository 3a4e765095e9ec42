"""The table on what is to be known of the numbers before they are leaned on."""

from collections.abc import Iterator

import pandas as pd

from revops.measures.stage_benchmarking.remarks import remarks
from revops.measures.stage_benchmarking.result import StageResult
from revops.measures.stage_benchmarking.tables.shapes import Display
from revops.measures.stage_benchmarking.words import KINDS, further_back, points
from revops.wording import count, plural

__all__ = ["note_tables"]

_LUCK = {"stage": "opportunities", "win": "opportunities made", "funnel": "leads", "lead_to_won": "leads to won"}


def note_tables(result: StageResult) -> dict[str, Display]:
    """Return the tables by name."""
    parts = (_of_leads, _of_stages, _of_hand_off, _of_marketing, _of_luck, _of_organisation)
    told = [line for part in parts for line in part(result)]
    shown = pd.DataFrame(list(dict.fromkeys(told)), columns=["Of", "What to know"]).astype("str")
    return {"stage_notes": ("What to know of these numbers before leaning on them", shown, (None, None))}


def _of_leads(result: StageResult) -> Iterator[tuple[str, str]]:
    if result.funnel.why is not None:
        yield "Leads", result.funnel.why
    for row in result.funnel.counts.itertuples():
        yield "Leads", f"{row.words}: {count(row.n)}"


def _of_stages(result: StageResult) -> Iterator[tuple[str, str]]:
    for note in result.pipeline.notes:
        yield "Stages", note
    for row in result.pipeline.left_out.itertuples():
        yield "Stages", f"{plural(row.n, 'opportunity')} left out: {row.reason}"


def _of_hand_off(result: StageResult) -> Iterator[tuple[str, str]]:
    for line in remarks(result.view.book, result.view.day):
        yield "Hand-off", line
    if result.hand_off.unit == "days":
        yield "Hand-off", "the days of MQLs have no time: what takes hours is told in working days of the owner"
    for why in dict.fromkeys(result.hand_off.why.values()):
        yield "Hand-off", why
    for row in result.hand_off.counts.itertuples():
        yield "Hand-off", row.words
    if (told := further_back(result.changes.table, result.window)) is not None:
        yield "Hand-off", f"So that no drift hides a change, the last weeks are held against {told} too"


def _of_marketing(result: StageResult) -> Iterator[tuple[str, str]]:
    for why in dict.fromkeys(result.marketing.why.values()):
        yield "Marketing operations", why


def _of_luck(result: StageResult) -> Iterator[tuple[str, str]]:
    """Yield how much weeks differ by luck alone."""
    if result.changes.families or len(result.hand_off.moves):
        yield "What moved", "A drift over the windows before counts as luck, and can hide a change"
    for what, family in result.changes.families.items():
        spread = family.luck.spread
        if spread > 0:
            yield (
                KINDS[what],
                (
                    f"All {_LUCK[what]} of the same weeks share luck: it moves a share of one half by about "
                    f"{points(spread / 4)} either way, and is in every comparison"
                ),
            )


def _of_organisation(result: StageResult) -> Iterator[tuple[str, str]]:
    for key, why in result.organisation.why.items():
        if not key.startswith("signal"):
            yield "Organisation", why
