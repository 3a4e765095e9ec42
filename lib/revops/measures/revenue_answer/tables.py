"""Every table of the report by name, and the tables that go out as files beside it."""

import pandas as pd

from revops.measures.revenue_answer.result import AnswerResult
from revops.measures.revenue_answer.tables_of_past import past_tables
from revops.wording import missing, plural

__all__ = ["BRIDGE", "answer_records", "bridge_records", "display_tables"]

Display = tuple[str, pd.DataFrame, tuple[str | None, ...]]
BRIDGE = ["line", "kind", "booked", "committed", "total", "n"]


def display_tables(result: AnswerResult) -> dict[str, Display]:
    """Return caption, table and units of every table that the data allow, by name."""
    tables = {
        "bridge": _bridge(result),
        "answers": _definitions(result),
        "step_reasons": _reasons(result),
        "largest_moves": _largest(result),
        "overdue_committed": _overdue(result),
        "answer_notes": _notes(result),
    } | past_tables(result)
    return {name: table for name, table in tables.items() if len(table[1])}


def bridge_records(result: AnswerResult) -> pd.DataFrame:
    """Return every deal and customer that a step moves, with its owner by label: see Bridge.records."""
    return _with_owner(result.bridge.records, result)


def answer_records(result: AnswerResult) -> pd.DataFrame:
    """Return every deal and customer that an answer may count, and what each function counts of it: see Answers."""
    return _with_owner(result.answers.records.drop(columns="record"), result)


def _with_owner(records: pd.DataFrame, result: AnswerResult) -> pd.DataFrame:
    """Return records with the owner's label in the place of the id."""
    owners = records["owner_id"].map(result.labels).astype("str")
    return records.assign(owner_id=owners).rename(columns={"owner_id": "owner"})


def _bridge(result: AnswerResult) -> Display:
    """Return the answers and the steps between them, in order: first those that can be told; without the steps by
    rules that both define alike."""
    lines, answers = [], result.answers.table
    for answer in answers.iloc[answers["booked"].isna().argsort(kind="stable")].itertuples():
        n = answer.n_booked + answer.n_committed
        said = f"{answer.who.capitalize()} says{result.counted.said_months(answer.who)}"
        lines.append((said, "answer", answer.booked, answer.committed, answer.total, n))
        steps = result.steps[result.steps["from_who"].eq(answer.who)]
        lines += [(step.label, "step", step.booked, step.committed, step.total, step.n) for step in steps.itertuples()]
    caption = (
        f"What each function would say that {result.period.name} brings, and what leads from one answer to the next; "
        "it adds up to the cent, and every deal behind a step is in bridge_records.csv"
    )
    table = pd.DataFrame(lines, columns=BRIDGE).astype({"n": "int64"})
    return caption, table, (None, None, "money", "money", "money", "count")


def _definitions(result: AnswerResult) -> Display:
    rows = result.answers.table
    shown = pd.DataFrame({
        "Who": rows["who"].str.capitalize(), "Booked is": rows["definition"], "Booked": rows["booked"],
        "Of": [plural(n, what.removesuffix("s")) for n, what in zip(rows["n_booked"], rows["counted"], strict=True)],
        "Committed is": rows["definition_committed"], "Committed": rows["committed"], "Open deals": rows["n_committed"],
        "Not told": [_why(row) for row in rows.itertuples()],
    })  # fmt: skip
    caption = "What each function counts, by company.yml, revenue_answers"
    return caption, shown, (None, None, "money", None, None, "money", "count", None)


def _why(row: object) -> str | None:
    whys = [f"{part}: {why}" for part, why in (("booked", row.why), ("committed", row.why_committed))  # type: ignore
            if not missing(why)]  # fmt: skip
    return "; ".join(whys) or None


def _reasons(result: AnswerResult) -> Display:
    rows = result.bridge.records.groupby(["from_who", "to_who", "rule", "reason"], sort=False)["change"]
    found = rows.agg(["sum", "size"]).reset_index()
    shown = pd.DataFrame({
        "Step": _step_names(found, result), "Why": found["reason"], "Moves": found["sum"].round(2),
        "Records": found["size"],
    })  # fmt: skip
    return "Why deals and customers move with each step", shown, (None, None, "money", "count")


def _largest(result: AnswerResult) -> Display:
    rows = bridge_records(result)
    rows = rows.assign(size=rows["change"].abs(), step=_step_names(rows, result), place=range(len(rows)))
    ranked = rows.sort_values(["size", "place"], ascending=[False, True])
    kept = ranked.groupby(["from_who", "to_who", "rule"], sort=False).head(result.knobs.top)
    steps = {
        key: place for place, key in enumerate(result.steps[["from_who", "rule"]].itertuples(index=False, name=None))
    }
    kept = kept.assign(order=[steps.get(key, 0) for key in zip(kept["from_who"], kept["rule"], strict=True)])
    kept = kept.sort_values(["order", "size", "place"], ascending=[True, False, True])
    shown = pd.DataFrame({
        "Deal or customer": kept["name"], "Step": kept["step"], "Owner": kept["owner"], "Before": kept["amount_before"],
        "After": kept["amount_after"], "Why": kept["reason"],
    })  # fmt: skip
    return (f"The largest {result.knobs.top} of each step", shown.reset_index(drop=True),
            (None, None, None, "money", "money", None))  # fmt: skip


def _step_names(rows: pd.DataFrame, result: AnswerResult) -> list[str]:
    """Return what the step of each row is called."""
    labels = {(step.from_who, step.rule): step.label for step in result.steps.itertuples()}
    return [f"{one.capitalize()} to {other}: {labels[one, rule]}"
            for one, other, rule in zip(rows["from_who"], rows["to_who"], rows["rule"], strict=True)]  # fmt: skip


def _overdue(result: AnswerResult) -> Display:
    rows = result.overdue[result.overdue["n"].gt(0)] if result.counted.has_categories else result.overdue.head(0)
    shown = pd.DataFrame({"Who": rows["who"].str.capitalize(), "Overdue": rows["amount"], "Deals": rows["n"]})
    caption = f"Committed, but due before {result.view.day}: in no answer until the close dates are put right"
    return caption, shown.reset_index(drop=True), (None, "money", "count")


def _notes(result: AnswerResult) -> Display:
    return "What to mind", pd.DataFrame({"Note": list(result.notes)}), (None,)
