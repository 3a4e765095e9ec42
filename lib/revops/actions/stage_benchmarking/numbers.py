"""The three numbers below the sentence, by who reads them: the same numbers of the report in another choice."""

from revops.actions import Number
from revops.measures.stage_benchmarking.result import StageResult
from revops.measures.stage_benchmarking.words import compared_with
from revops.wording import between, count, missing, money, plural, share

__all__ = ["numbers"]

_NONE = "–"


def numbers(result: StageResult) -> tuple[Number, ...]:
    """Return three numbers for the audience of the knobs."""
    choice = {
        "executive": (_won, _cycle, _stuck),
        "marketing_ops": (_mqls, _accepted, _touched),
        "revops": (_stuck, _touched, _signals),
    }[result.knobs.audience]
    return tuple(number(result) for number in choice)


def _won(result: StageResult) -> Number:
    """Return the win rate by the largest age that enough were followed to, and that of money beside it."""
    rows = result.pipeline.win
    rows = rows[rows["when"].eq("past")].dropna(subset="share")
    counted = rows[rows["weight"].eq("count")]
    if counted.empty:
        return Number(_NONE, f"of opportunities won: {result.pipeline.why.get('win_rate', 'too few were followed')}")
    row = counted.iloc[-1]
    text = f"of opportunities won by day {row['horizon_days']:.0f} ({between(row['low'], row['high'], share)})"
    money_too = rows[rows["weight"].eq("amount") & rows["horizon_days"].eq(row["horizon_days"])]
    if len(money_too):
        text += f", of money {share(money_too['share'].iloc[0])}"
    return Number(share(row["share"]), f"{text}; {compared_with(result.window).removeprefix('the ')}")


def _cycle(result: StageResult) -> Number:
    """Return how long it takes to win."""
    cycle = result.pipeline.cycle
    if cycle is None or missing(cycle.median_days):
        why = "no history of stages" if cycle is None else (cycle.reason or "too few were won")
        return Number(_NONE, f"days from made to won: {why[0].lower()}{why[1:].rstrip('.')}")
    return Number(f"{cycle.median_days:.0f} days", f"until half of those ever won are won{_in_whole(result)}")


def _in_whole(result: StageResult) -> str:
    """Return `, whole company` where the report is of a slice, but this number is not."""
    return ", whole company" if result.knobs.slice else ""


def _stuck(result: StageResult) -> Number:
    """Return the money past the age at which the chance has halved."""
    found, currency = result.pipeline, result.view.company.currency
    if missing(found.stuck_amount):
        return Number(_NONE, f"stuck: {found.why['stuck_amount']}")
    n = len(found.stuck)
    stand = "stands in its stage" if n == 1 else "stand in their stage"
    text = f"in {plural(n, 'opportunity')} that {stand} past the age at which the chance to move on has halved"
    return Number(money(found.stuck_amount, currency), text, is_bad=n > 0)


def _mqls(result: StageResult) -> Number:
    """Return MQLs of the last weeks, beside what is usual and the target of the quarter."""
    rows = result.marketing.mqls
    weeks = rows[rows["span"].eq("weeks") & rows["name"].eq("0")]
    if weeks.empty:
        return Number(_NONE, f"MQLs: {result.marketing.why.get('mqls', 'none known')}")
    row = weeks.iloc[0]
    text = f"MQLs in the last {plural(result.knobs.weeks, 'week')}"
    if not missing(row["usual_low"]):
        text += f"; usual is {between(row['usual_low'], row['usual_high'], lambda n: count(round(n)))}"
    quarter = rows[rows["span"].eq("quarter") & rows["target_share"].notna()]
    if len(quarter):
        last = quarter.iloc[-1]
        text += f"; {share(last['target_share'])} of the target of {last['name']}{'' if last['is_over'] else ' so far'}"
    return Number(count(row["n"]), text, is_bad=bool(row["n"] < row["usual_low"]))


def _accepted(result: StageResult) -> Number:
    """Return what part of MQLs sales calls qualified."""
    row = result.hand_off_of("now")
    if missing(row["accept_share"]):
        return Number(_NONE, f"of MQLs accepted: {result.hand_off.why.get('accept', 'too few have been judged')}")
    within = "" if missing(row["accept_days"]) else f" by day {row['accept_days']:.0f}"
    text = f"of MQLs accepted by sales{within} ({between(row['accept_low'], row['accept_high'], share)})"
    return Number(share(row["accept_share"]), text, is_bad=bool(row["accept_high"] < result.knobs.accept_least))


def _touched(result: StageResult) -> Number:
    """Return what part of MQLs is touched within the SLA."""
    row = result.hand_off_of("now")
    if missing(row["sla_share"]):
        return Number(_NONE, f"of MQLs touched {result.sla_words}: {result.hand_off.why.get('sla', 'too few so far')}")
    text = f"of MQLs touched {result.sla_words} ({between(row['sla_low'], row['sla_high'], share)})"
    text += f"; the target is {share(result.knobs.sla_target)}"
    return Number(share(row["sla_share"]), text, is_bad=bool(row["sla_high"] < result.knobs.sla_target))


def _signals(result: StageResult) -> Number:
    """Return how many signals of operational debt show."""
    found = result.organisation
    if not found.n_read:
        return Number(_NONE, "signals of operational debt: none could be read")
    text = (
        f"of {plural(found.n_read, 'signal')} of operational debt that could be read{_in_whole(result)}: {found.level}"
    )
    return Number(str(found.n_holding), text, is_bad=found.level == "operational debt")
