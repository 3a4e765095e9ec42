"""What the reader should know of the pipeline's numbers: what is left out, what is special, what cannot be told."""

import pandas as pd

from revops.analysis.cycle import CreationWindow
from revops.measures.stage_benchmarking.pipeline.deals import CORRECTED_DAYS, Deals
from revops.measures.stage_benchmarking.pipeline.several import Lines, among
from revops.measures.stage_benchmarking.window import Window
from revops.wording import plural

__all__ = ["left_out_of", "notes_of", "why_of"]

_OF_STAGES = ("conversion_rate", "median_days_in_stage", "win_rate", "win_rate_by_amount", "halving_days",
              "stuck_amount", "sales_cycle_days")  # fmt: skip
_NO_HISTORY = (
    "needs the history of stages (OpportunityHistory, or dated copies of the exports): the records of today tell what "
    "was won and lost, not when it moved on"
)
_NO_AMOUNTS = (
    "needs the history of amounts (dated copies of the exports): what it was worth when it came in is not known"
)
_NO_AGE = "needs 30 stays in a stage, and a chance to move on that halves while ten still stand there"
_NOBODY = "nothing came into a stage in these weeks or in the windows before them"


def why_of(
    window: Window, stages: pd.DataFrame, passages: pd.DataFrame, cycle: CreationWindow | None
) -> dict[str, str]:
    """Return which metrics cannot be told, and why.

    Parameters
        stages, passages : as in Pipeline
    """
    book, why = window.view.book, {}
    if book.stages_from is None:
        return dict.fromkeys(_OF_STAGES, _NO_HISTORY)
    if not passages["window"].between(0, window.knobs.past).any():
        why |= {"conversion_rate": _NOBODY}
    if "amount" not in book.audit.tracked:
        why |= dict.fromkeys(("win_rate_by_amount", "conversion_rate_by_amount"), _NO_AMOUNTS)
    if stages["halving_days"].isna().all():
        why |= dict.fromkeys(("halving_days", "stuck_amount"), _NO_AGE)
    if cycle is not None and cycle.reason:
        why["sales_cycle_days"] = cycle.reason
    return why


def left_out_of(window: Window, deals: Deals, passages: pd.DataFrame) -> pd.DataFrame:
    """Return which opportunities have no passage of a stage: reason, n.

    Parameters
        passages : first passages of all the company's opportunities, before any are left out by stage
    """
    gone = window.view.left_out["reason"].value_counts()
    records, told = deals.records, pd.Series(among(deals.records["opportunity_id"], passages["subject_id"]))
    never, moved = records["line"].isna(), records["line"].eq(Lines.SEVERAL)
    reasons = {
        **{str(reason): int(n) for reason, n in gone.sort_index().items()},
        "no history of their stages": deals.n_unknown,
        "never stood in an open stage": int(never.sum()),
        "stood in stages of several pipelines": int(moved.sum()),
        "came into all their stages on the first day of history or before": int((~told & ~never & ~moved).sum()),
    }
    found = pd.DataFrame({"reason": pd.Series(list(reasons), dtype="str"), "n": list(reasons.values())})
    return found[found["n"] > 0].reset_index(drop=True)


def notes_of(window: Window, deals: Deals, stages: pd.DataFrame) -> tuple[str, ...]:
    """Return what is special of these stages, in words."""
    view, notes = window.view, [deals.lines.note]
    if view.book.stages_from is not None and view.has_dated_stages:
        notes.append(
            "Stages are known from dated copies of the exports: a move has the day of the first copy that shows it, "
            "and a stage passed between two copies counts as skipped."
        )
    for row in stages.itertuples():
        if not pd.isna(row.began):
            notes.append(
                f"{row.stage} began on {row.began:%Y-%m-%d}: who came to it, or to the stage before it, earlier is "
                "left out of these two."
            )
        if not pd.isna(row.ended):
            notes.append(
                f"{row.stage} was last come into on {row.ended:%Y-%m-%d}: who came to it, or to the stage before it, "
                "later is left out of these two."
            )
    if view.book.audit.whole_from is not None:
        notes.append(f"Amounts are known from {view.book.audit.whole_from} on; what came in before has none.")
    if deals.n_reopened:
        n = plural(deals.n_reopened, "opportunity", "opportunities")
        notes.append(
            f"{n} opened again more than {CORRECTED_DAYS} days after the loss: counted as lost then; what came later "
            "counts for time in stages only."
        )
    return tuple(note for note in notes if note)
