"""The tables on what the numbers say of how the company is organised: rules with their source, and what is open."""

import pandas as pd

from revops.measures.stage_benchmarking.result import StageResult
from revops.measures.stage_benchmarking.tables.shapes import Display, also
from revops.wording import money, multiple, plural, share

__all__ = ["organisation_tables"]

_MODELS = {1: "1 Separate marketing and sales operations", 2: "2 RevOps with a marketing specialist inside",
           3: "3 Marketing operations under the CMO, RevOps across"}  # fmt: skip
_POINTS = {"for": "for", "against": "against", "neither": "neither", "open": "open"}
_WHOLE = "of the whole company, not of the slice"
_LEVEL = {"none": "no signal", "noise": "one signal: noise", "watch-list": "two signals: watch-list",
          "operational debt": "three or more: operational debt that compounds"}  # fmt: skip


def organisation_tables(result: StageResult) -> dict[str, Display]:
    """Return the tables by name."""
    return {"company_stages": _stages(result), "signals": _signals(result), "three_answers": _answers(result),
            "organisation_models": _models(result), "deciding_questions": _questions(result),
            "rename_test": _rename(result)}  # fmt: skip


def _stages(result: StageResult) -> Display:
    found = result.organisation
    rows = found.stages
    shown = pd.DataFrame({
        "Source": rows["source"], "Recurring revenue from": [money(amount, "USD") for amount in rows["from_amount"]],
        "Stage": rows["stage"], "What is right there": rows["what"],
        "Ours": ["ours" if ours else "–" for ours in rows["is_ours"]],
    })  # fmt: skip
    arr = money(found.arr_amount, result.view.company.currency)
    caption = f"Company stage by recurring revenue a year: ours is {arr}, {found.arr_source}"
    caption += ". Two practitioners draw the lines elsewhere; they are not averaged"
    return also(caption, found.why.get("company_stage"), _whole(result)), shown, (None,) * 5


def _whole(result: StageResult) -> str | None:
    """Return that what is told is of the whole company, where the report is of a slice."""
    return _WHOLE if result.knobs.slice else None


def _signals(result: StageResult) -> Display:
    found = result.organisation
    rows = found.signals
    shown = pd.DataFrame({
        "Signal": rows["label"], "Shows": rows["holds"],
        "How strong": [row.strength if isinstance(row.strength, str) else f"not read: {row.why}"
                       for row in rows.itertuples()],
        "From": [_threshold(row) for row in rows.itertuples()], "On": rows["n"], "Source": rows["source"],
    })  # fmt: skip
    said = _LEVEL.get(found.level, found.level)
    caption = (
        f"Five signals that somebody has to own the revenue system: {found.n_holding} of {found.n_read} read here "
        f"show, {said}. A rule of practitioners; where the source says so, its threshold is ours (a parameter)"
    )
    return also(caption, _whole(result)), shown, (None, None, None, None, "count", None)


def _threshold(row: object) -> str:
    """Return from where on a signal shows."""
    if row.threshold != row.threshold:
        return "–"
    return share(row.threshold) if row.threshold <= 1 else f"{row.threshold:.0f}"


def _answers(result: StageResult) -> Display:
    rows = result.organisation.answers
    shown = pd.DataFrame({
        "Who asks": rows["who"].str.capitalize(), "Says": rows["amount"], "On": rows["n"], "Counted": rows["counted"],
        "What it counts": [row.definition if isinstance(row.definition, str) else "–" for row in rows.itertuples()],
    })  # fmt: skip
    told = rows["amount"].dropna()
    caption = f"One quarter, {result.organisation.quarter}, by the definitions of three teams"
    if len(told) > 1 and told.min() > 0:
        caption += f": {multiple(told.max() / told.min())} between the largest and the smallest"
    said = "This is what the definitions give, not what anybody said: with such definitions answers differ"
    return also(caption, said, *rows["why"].dropna(), _whole(result)), shown, (None, "money", "count", None, None)


def _models(result: StageResult) -> Display:
    """Return one row per rule: what it says of ours, and which way that points for each model it speaks of."""
    found = result.organisation
    rows = found.models
    points = rows.assign(points=rows["points"].map(_POINTS)).pivot(index="asks", columns="model", values="points")
    rules = rows.drop_duplicates("asks").set_index("asks")
    columns = {name: points[model].reindex(rules.index).fillna("–") for model, name in _MODELS.items()}
    shown = pd.DataFrame({"Rule": rules["rule"], "Ours": rules["ours"], **columns, "Source": rules["source"]})
    n = rows.groupby("model")["points"].agg(lambda points: (points.eq("for").sum(), points.eq("against").sum()))
    said = "; ".join(f"model {model}: {yes} for, {no} against" for model, (yes, no) in n.items())
    lean = "no one model" if found.leaning is None else f"model {found.leaning}"
    caption = (
        f"Three ways to organise, and what our answers say of each: {said}. They point to {lean}; it is advice. A "
        "dash: the rule says nothing of that model"
    )
    return also(caption, _whole(result)), shown.reset_index(drop=True), (None,) * 6


def _questions(result: StageResult) -> Display:
    rows = result.organisation.questions
    shown = pd.DataFrame({"Question": rows["question"], "What we know": rows["ours"], "Source": rows["source"]})
    n = int(rows["is_answered"].sum())
    return f"Five questions that decide, {n} of {len(rows)} answered by data or company.yml", shown, (None, None, None)


def _rename(result: StageResult) -> Display:
    found = result.organisation
    rows = found.rename
    shown = pd.DataFrame({
        "Question": rows["question"], "Answer": rows["answer"],
        "Is it RevOps": rows["is_right"].map({"yes": "yes", "no": "no", "open": "open"}), "Source": rows["source"],
    })  # fmt: skip
    wrong = int(rows["is_right"].eq("no").sum())
    said = {"yes": "Marketing Ops with a new title", "no": "more than a new title", "open": "still open"}[found.renamed]
    caption = (
        f"RevOps, or Marketing Ops with a new title: {plural(wrong, 'wrong answer')}, {said}. Answers come from "
        "company.yml"
    )
    return caption, shown, (None,) * 4
