"""What to do about the funnel: what fell and where to look, what is stuck, late, unclear or paid for in vain."""

import datetime as dt
from collections.abc import Iterator
from functools import partial

import pandas as pd

from revops.actions import Action, due
from revops.actions.stage_benchmarking.facts import by_day, fell, from_to, is_late, moved_by, name_of, since, where
from revops.book import UNASSIGNED
from revops.measures.stage_benchmarking.hand_off import EARLIER, STEPS
from revops.measures.stage_benchmarking.result import StageResult
from revops.measures.stage_benchmarking.words import against, group_words
from revops.ratios import safe_ratio
from revops.wording import between, channel_label, count, join, missing, money, one_line, plural, share

__all__ = ["MOST", "actions"]

MOST = 7
"""So many actions at most, what got worse, then those with the most money first; what fell is never cut."""
_OF_EACH = 3
_WORSE = ("conversion_fell", "late_leads")
_RECORDS = 50
_OWNERS = {"executive": (), "marketing_ops": ("marketing_ops",), "revops": ("revops", "sales_ops")}
"""Whose actions come first, by who reads the report."""
_REVIEW = {
    ("funnel", "lead"): ("marketing_ops", "review what counts as an MQL, and how leads are nurtured"),
    ("funnel", "mql"): ("marketing_ops", "review with sales what was turned down, and what makes an MQL"),
    ("funnel", "sql"): ("revops", "review who takes SQLs over, and which came to nothing"),
    ("funnel", "opportunity"): ("revops", "review what was lost, with those who lost it"),
    ("lead_to_won", "lead_to_won"): ("revops", "review the steps between, the steepest first"),
    ("win", "all"): ("revops", "review what was lost, with those who lost it"),
    ("sla", STEPS["sla"]): ("revops", "review routing and who is on duty"),
    ("accept", STEPS["accept"]): ("marketing_ops", "review with sales why MQLs are turned down"),
    ("enrichment", "all"): ("marketing_ops", "review forms and lists that leads come by"),
    ("utm", "arrivals"): ("marketing_ops", "mend the links of campaigns"),
}
"""Whose it is, and what to review, by kind and step; a stage's is named for the stage."""


def actions(result: StageResult) -> list[Action]:
    """Return what to do: what surely got worse or comes too late, then by the money that hangs on it; what the audience
    acts on first. Nothing where no rule fires."""
    fallen = list(_fallen(result))
    others = [one for rule in (_stuck, _late, _renewals, _links, _seats) for one in rule(result)]
    first = _OWNERS[result.knobs.audience]

    def by_money(one: Action) -> tuple[bool, bool, float, float]:
        return one.owner not in first, one.rule not in _WORSE, -(one.worth or 0.0), -one.amount

    return sorted([*fallen, *sorted(others, key=by_money)[: MOST - len(fallen)]], key=by_money)


def _fallen(result: StageResult) -> Iterator[Action]:
    """Yield what surely got worse: of a step the whole, else the group of it with the most money."""
    rows = fell(result)
    told = rows["what"].replace(EARLIER).eq("sla") & is_late(result)
    rows = rows[~rows.duplicated(["what", "step"]) & ~told].head(_OF_EACH)
    for _, row in rows.iterrows():
        owner, review = _REVIEW.get((EARLIER.get(row["what"], row["what"]), row["step"]), ("revops", _of_stage(row)))
        name, place = name_of(row, result), where(result)
        verb = "rose" if row["change"] > 0 else "dropped"
        text = f"{name}{place} {verb} by {moved_by(row)}, {from_to(row)}{by_day(row)}{since(row, result)}: {review}"
        because = (
            f"The last {plural(result.knobs.weeks, 'week')} against {against(row, result.window)}, beyond chance and "
            f"the luck that weeks share, counting how many comparisons are made (sure: {share(result.knobs.sure)}). "
            f"{_money_words(row)} A change within noise takes it off the list."
        )
        ids, amount = _records(row, result)
        at_stake = None if missing(row["at_stake"]) else float(row["at_stake"])
        ends = (None, None) if at_stake is None else _ends(row["at_stake_low"], row["at_stake_high"])
        yield Action("conversion_fell", text[0].upper() + text[1:], owner, amount, _end(result), because, ids, at_stake,
                     *ends, None if at_stake is None else "at_stake")  # fmt: skip


def _ends(low: float, high: float) -> tuple[float | None, float | None]:
    """Return a range of money at stake: nothing at least; none where it is not known."""
    return (None, None) if missing(low) or missing(high) else (max(float(low), 0.0), float(high))


def _of_stage(row: pd.Series) -> str:
    return f"review what was lost or still waits in {row['step']}{group_words(row['dimension'], row['group'])}"


def _money_words(row: pd.Series) -> str:
    if missing(row["at_stake"]):
        return "No money is known for it."
    return "Money: what came in during the last weeks, times the change: so much less moved on than before."


def _records(row: pd.Series, result: StageResult) -> tuple[tuple[str, ...], float]:
    """Return the opportunities of the last weeks that were lost or wait in the step, the largest first, and their
    amount."""
    if row["what"] not in ("stage", "days", "win"):
        return (), 0.0
    rows = result.pipeline.win_passages if row["what"] == "win" else result.pipeline.passages
    rows = rows[rows["window"].eq(0) & rows["step"].eq(row["step"]) & rows["event"].ne(1)]
    if row["dimension"] != "company":
        rows = rows[rows[row["dimension"]].eq(row["group"])]
    rows = rows.sort_values(["amount", "subject_id"], ascending=[False, True])
    return tuple(rows["subject_id"].head(_RECORDS)), float(rows["amount"].sum())


def _stuck(result: StageResult) -> Iterator[Action]:
    """Yield that opportunities past the age at which the chance has halved be decided on."""
    rows = result.pipeline.stuck
    if rows.empty:
        return
    amount = float(rows["amount"].sum())
    text = (
        f"Close, re-plan or hand over {plural(len(rows), 'opportunity')}{where(result)} that "
        f"{'stands' if len(rows) == 1 else 'stand'} still: {money(amount, result.view.company.currency)}, "
        f"{_with_whom(rows)}"
    )
    because = (
        f"{'It has stood in its' if len(rows) == 1 else 'They have stood in their'} stage longer than the age at which "
        "the chance to move on has halved (halving_days of the stage, from our own history). Moving on, or being "
        f"closed, takes {'it' if len(rows) == 1 else 'them'} off the list."
    )
    ids = rows.sort_values(["amount", "opportunity_id"], ascending=[False, True])["opportunity_id"].head(_RECORDS)
    yield Action("stuck_opportunities", text, "sales_ops", amount, _soon(result), because, tuple(ids))


def _with_whom(rows: pd.DataFrame) -> str:
    """Return whose the most money is."""
    owners = rows.groupby("owner_name")["amount"].sum().sort_values(ascending=False, kind="stable").index
    named = join(["no owner" if name == UNASSIGNED else str(name) for name in owners[:3]])
    if len(owners) <= 3:
        return f"with {named}"
    return f"the largest parts with {named}"


def _late(result: StageResult) -> Iterator[Action]:
    """Yield that MQLs be touched in time, at the time of day where most are late, if that does worse than others."""
    row, knobs = result.hand_off_of("now"), result.knobs
    if not is_late(result):
        return
    rows = result.hand_off.by_hour
    rows = rows[rows["window"].eq("now")].dropna(subset="share")
    slow = _slow(rows, knobs.fewest_followed)
    worst = ""
    if slow is not None:
        worst = f"; most late ones come {_came(slow['arrived'])} ({share(slow['share'])} of {slow['n']} in time)"
    text = (
        f"Touch MQLs{where(result)} {result.sla_words}: {share(row['sla_share'])} are{_slower(result)}, the target is "
        f"{share(knobs.sla_target)}{worst}: {_REVIEW['sla', STEPS['sla']][1]}"
    )
    whole = result.hand_off.stake
    whole = whole[whole["lead_source"].eq("all")]
    stake = None if whole.empty or missing(whole["amount"].iloc[0]) else whole.iloc[0]
    is_sure = stake is not None and stake["low"] > 0
    worth = tuple(float(stake[name]) for name in ("amount", "low", "high")) if is_sure else (None, None, None)
    because = (
        f"The range of the last weeks lies below sla_target. {_stake_words(result, stake)} A share at the target takes "
        "it off the list."
    )
    late = result.hand_off.leads
    waiting = late[late["place"].eq(0) & late["is_late"].fillna(False) & late["event"].eq(0)].head(_RECORDS)
    yield Action("late_leads", text, "revops", float(waiting["opportunity_amount"].sum()), _soon(result), because,
                 tuple(waiting["lead_id"]), *worth, "at_stake" if is_sure else None)  # fmt: skip


def _slower(result: StageResult) -> str:
    """Return by how much the share touched in time surely dropped, and against when; nothing where it did not."""
    rows = fell(result)
    rows = rows[rows["what"].replace(EARLIER).eq("sla") & rows["dimension"].eq("company")]
    if rows.empty:
        return ""
    row = rows.iloc[0]
    return f", {moved_by(row)} fewer than the {share(row['past'])} of {against(row, result.window)}"


def _slow(rows: pd.DataFrame, fewest: int) -> pd.Series | None:
    """Return the time of day at which the most late ones come, where its share in time lies below that of the others:
    its range does; else None."""
    late, in_time = rows["n"] * (1 - rows["share"]), rows["n"] * rows["share"]
    many = late[rows["n"].ge(fewest)]
    if many.empty:
        return None
    slow = rows.loc[many.idxmax()]
    others = safe_ratio(in_time.sum() - in_time[many.idxmax()], rows["n"].sum() - slow["n"])
    return slow if slow["high"] < others else None


def _came(arrived: str) -> str:
    """Return when in the owner's day, in words."""
    return {"day off": "on days off"}.get(arrived, arrived if arrived[:1].isalpha() else f"at {arrived}")


def _stake_words(result: StageResult, stake: pd.Series | None) -> str:
    """Return what money goes with lateness, and how sure that is."""
    alike = "source" if result.hand_off.unit == "days" else "source and time of day"
    like = f"late MQLs against those in time, of the same {alike}, times what an opportunity is worth"
    if stake is None:
        return "What lateness costs cannot be told: too few were touched in time to compare."
    if stake["low"] > 0:
        return f"Money: {like}: an association, not what speed would bring."
    write = partial(money, currency=result.view.company.currency)
    ends = between(stake["low"], stake["high"], write)
    return f"Whether lateness costs pipeline is within noise: {write(stake['amount'])} ({ends}), {like}."


def _renewals(result: StageResult) -> Iterator[Action]:
    """Yield that renewals be watched, where too many are lost that nobody saw coming."""
    signal = result.organisation.signals.set_index("signal").loc[5]
    if signal["holds"] != "yes":
        return
    lost = result.organisation.lost
    lost = lost[lost["was"].eq("to renew")]
    amount = float(lost["amount"].sum())
    text = (
        f"Look for what told of renewals at risk: {plural(len(lost), 'renewal')} of "
        f"{money(amount, result.view.company.currency)} {'was' if len(lost) == 1 else 'were'} lost{_in_whole(result)} "
        f"that stood as to renew {plural(result.knobs.unforeseen_days, 'day')} before the loss"
    )
    because = (
        f"At least unforeseen_least ({share(result.knobs.unforeseen_least)}) of the renewals lost in the year before "
        "were forecast to renew (renew_categories) unforeseen_days before the loss. The rule is of Fairview, its "
        "threshold ours. A smaller share takes it off the list."
    )
    yield Action("unforeseen_renewals", text, "cs_ops", amount, _end(result), because,
                 tuple(lost["opportunity_id"].head(_RECORDS)))  # fmt: skip


def _in_whole(result: StageResult) -> str:
    return " in the whole company" if result.knobs.slice else ""


def _links(result: StageResult) -> Iterator[Action]:
    """Yield that the links of campaigns be mended, those with most arrivals first."""
    rows = result.marketing.utm_campaigns
    rows = rows[rows["span"].eq("last weeks") & ~rows["is_right"].astype(bool)]
    rows = rows[rows["campaign"].notna()].sort_values(["n_wrong", "campaign"], ascending=[False, True])
    if rows.empty:
        return
    named = [one_line(name) for name in rows["campaign"].head(3)]
    named += [f"{count(len(rows) - 3)} more"] if len(rows) > 3 else []
    text = f"Mend the links of {plural(len(rows), 'campaign')}: {join(named)}"
    n = int(rows["n_wrong"].sum())
    because = (
        f"More than {share(1 - result.knobs.utm_least)} of {'its' if len(rows) == 1 else 'their'} arrivals in the last "
        f"weeks carry wrong tags: {plural(n, 'person', 'people')} whose campaign is not told, or told under another "
        "name. Right links take a campaign off the list."
    )
    ids = tuple(rows["campaign"].head(_RECORDS))
    yield Action("wrong_links", text, "marketing_ops", 0.0, _soon(result), because, ids)


def _seats(result: StageResult) -> Iterator[Action]:
    """Yield that seats nobody uses be given back before their tool renews."""
    rows = result.marketing.tools.table
    if result.view.day < result.view.last_stamp.date():  # the sheet is today's, not of that day
        return
    rows = rows[rows["is_low"].astype(bool) & rows["idle_amount"].gt(0)]
    if rows.empty:
        return
    rows = rows.sort_values(["idle_amount", "tool_name"], ascending=[False, True])
    currency, amount = result.view.company.currency, float(rows["idle_amount"].sum())
    to_come = rows[rows["renewal_date"] >= pd.Timestamp(result.view.day)].sort_values("renewal_date", kind="stable")
    first = f"; {channel_label(to_come['tool_name'].iloc[0])} renews first" if len(to_come) and len(rows) > 1 else ""
    named = join([channel_label(name) for name in rows["tool_name"].head(2)])
    text = (
        f"Give back seats that nobody uses in {plural(len(rows), 'tool')}: {money(amount, currency)} a year, "
        f"{'most ' if len(rows) > 2 else ''}in {named}{first}"
    )
    because = (
        f"Fewer than {share(result.knobs.seats_least)} (seats_least) of {'its' if len(rows) == 1 else 'their'} seats "
        "were used in the last 30 days. "
        "Money: cost a year of seats not used. Seats in use, or given back, take a tool off the list."
    )
    by = to_come["renewal_date"].iloc[0].date() if len(to_come) else _end(result)
    yield Action("idle_seats", text, "marketing_ops", amount, max(by, result.view.day), because,
                 tuple(rows["tool_name"].head(_RECORDS)))  # fmt: skip


def _end(result: StageResult) -> dt.date:
    return due.quarter_end(result.window.period, result.view.day)


def _soon(result: StageResult) -> dt.date:
    return due.soon(result.window.period, result.view.day)
