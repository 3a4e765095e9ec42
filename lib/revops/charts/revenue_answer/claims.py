"""What the charts of the revenue answer claim: title, alternative text, caption and the data behind them."""

import pandas as pd

from revops.charts.revenue_answer.drawings import plot_bridge, plot_quarters
from revops.charts.style import Chart
from revops.measures.revenue_answer import AnswerResult
from revops.wording import join, long_day, money, plural, share

__all__ = ["bridge", "draw", "lines_of", "quarters"]

_STEPS = {
    "types": "Other types of deals",
    "categories": "Open deals",
    "not_billed": "Won, not billed",
    "not_won": "Billed, not won now",
    "other_amount": "Billed otherwise",
}
"""What a step is called in the drawing, where its own name is too long."""
_LONGEST = 34
_NUMBERS = {2: "two", 3: "three"}


def draw(result: AnswerResult) -> list[Chart]:
    """Return the report's charts, those that the data allow."""
    return [chart for told in (bridge, quarters) if (chart := told(result)) is not None]


def bridge(result: AnswerResult) -> Chart | None:
    """Return the bridge from answer to answer; None where fewer than two answers can be told."""
    part = "total" if result.by_who["total"].notna().sum() > 1 else "booked"
    lines, currency = lines_of(result, part), result.view.company.currency
    answers = lines[lines["kind"].eq("answer")].dropna(subset="total")
    if len(answers) < 2:
        return None
    title = _title(answers, result.period.name + (" booked" if part == "booked" else ""), currency)
    told = [f"{line.label} {money(line.total, currency, signed=line.kind != 'answer')}" for line in lines.itertuples()]
    caption = (
        "Dark: booked; pale: committed; grey: what each rule moves, one after the other."
        if part == "total"
        else "What is booked alone, as what is committed cannot be told; grey: what each rule moves."
    )
    if lines["kind"].eq("open").any():
        caption += " Red: among it is what nobody has explained."
    caption += "".join(f" {who.capitalize()}{said}." for who in answers["who"]
                       if (said := result.counted.said_months(who)))  # fmt: skip
    untold = lines[lines["kind"].eq("answer") & lines["total"].isna()]
    caption += f" Not to be told: {join(untold['who'].tolist())}." if len(untold) else ""
    still = result.steps[result.steps["n"].eq(0)]
    caption += f" {plural(len(still), 'rule')} {_moves(len(still))} nothing." if len(still) else ""
    data = lines[["label", "booked", "committed", "total", "n"]].rename(columns={"label": "line", "n": "records"})
    alt = f"{title}. {'; '.join(told)}."
    units = (None, "money", "money", "money", "count")
    return Chart("answers_bridge", title, alt, caption, plot_bridge(lines, currency), data, units)


def lines_of(result: AnswerResult, part: str = "total") -> pd.DataFrame:
    """Return the lines to draw of a part (total; booked: what is committed left out), in order.

    label, who, kind (answer; step; open: part of it nobody has explained), booked, committed, total, n, before (where a
    step begins). Steps behind which nothing stands, and those next to an answer that cannot be told, are left out.
    """
    lines = []
    answers, moved = result.answers.table, result.steps
    if part == "booked":
        answers = answers.assign(committed=0.0, total=answers["booked"], n_committed=0)
        moved = moved.assign(committed=0.0, total=moved["booked"])
        moved = moved[~moved["rule"].eq("categories")]
    for answer in answers.itertuples():
        n = answer.n_booked + answer.n_committed
        lines.append((answer.who.capitalize(), answer.who, "answer", answer.booked, answer.committed, answer.total, n))
        lines[-1] += (float("nan"),)
        end = answer.total
        steps = moved[moved["from_who"].eq(answer.who) & moved["n"].gt(0)]
        for step in steps.dropna(subset="total").itertuples():
            kind = "open" if _is_open(result, step) else "step"
            label = step.label if len(step.label) <= _LONGEST else _STEPS.get(step.rule, step.label)
            lines.append((label, "", kind, step.booked, step.committed, step.total, step.n, end))
            end += step.total
    columns = ["label", "who", "kind", "booked", "committed", "total", "n", "before"]
    return pd.DataFrame(lines, columns=columns)


def _is_open(result: AnswerResult, step: object) -> bool:
    """Return whether something of this quarter that the step moves is not explained."""
    rows = result.unexplained[result.unexplained["period"].eq(result.period.name)]
    kind = {"not_billed": "won_not_billed", "not_won": "billed_not_won", "other_amount": "other_amount"}
    return bool(rows["kind"].eq(kind.get(step.rule, "")).any())


def _title(answers: pd.DataFrame, period: str, currency: str) -> str:
    """Return what the answers are; once where all are the same."""
    said, many = [money(total, currency) for total in answers["total"]], _NUMBERS[len(answers)]
    if len(set(said)) == 1:
        return f"{period} is {said[0]} by each of {many} definitions"
    told = [f"{who} {amount}" for who, amount in zip(answers["who"], said, strict=True)]
    return f"{period} by {many} definitions: {join(told)}"


def _moves(n: int) -> str:
    return "moves" if n == 1 else "move"


def quarters(result: AnswerResult) -> Chart | None:
    """Return what each would have said was booked, by quarter; None where fewer than two quarters can be told."""
    rows, currency = result.earlier.table, result.view.company.currency
    rows = rows[rows["is_whole"]]
    if rows.dropna(subset="booked")["period"].nunique() < 2:
        return None
    wide = rows.pivot(index="period", columns="who", values="booked").reindex(rows["period"].drop_duplicates())
    title = _title_of_quarters(wide)
    told = [f"{name}: {join([f'{who} {money(wide.at[name, who], currency)}' for who in result.by_who.index])}"
            for name in wide.index]  # fmt: skip
    caption = f"Booked in each whole quarter by today's definitions, as known on {long_day(result.view.day)}."
    caption += " A line breaks off where bills lack a month." if (wide.isna().any() & wide.notna().any()).any() else ""
    data = wide.reset_index().rename(columns={"period": "quarter"}).rename_axis(None, axis=1)
    data = data[["quarter", *result.by_who.index]]
    units = (None, *["money"] * (len(data.columns) - 1))
    return Chart("quarters", title, f"{title}. {'; '.join(told)}.", caption, plot_quarters(rows, currency), data, units)


def _title_of_quarters(whole: pd.DataFrame) -> str:
    """Return how the two answers that are to agree have stood to each other: finance's to sales', else marketing's."""
    for who in ("finance", "marketing"):
        both = whole[["sales", who]].dropna() if who in whole else whole.head(0)
        both = both[both["sales"].gt(0)] if len(both) else both
        if len(both):
            return _stood(who, both[who] / both["sales"])
    return "No whole quarter can be told both by deals won and otherwise"


def _stood(who: str, ratios: pd.Series) -> str:
    n, above = len(ratios), int(ratios.gt(1).sum())
    low, high = share(ratios.min()), share(ratios.max())
    ends = low if low == high else f"{low} to {high}"
    if n == 1:
        return f"In {ratios.index[0]} {who} booked {ends} of what sales did"
    if above in (0, n):
        return f"In each of {n} past quarters {who} booked {ends} of what sales did"
    return f"In {above} of {n} past quarters {who} booked more than sales: {ends} of it"
