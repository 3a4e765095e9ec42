"""The tables on the hand-off from marketing to sales: what each side owes, when it is slow, and what goes with that."""

import datetime as dt

import pandas as pd

from revops.measures.stage_benchmarking.result import StageResult
from revops.measures.stage_benchmarking.tables.shapes import Display, also, ranged, with_range
from revops.measures.stage_benchmarking.words import compared_with, lasted_in
from revops.wording import channel_label, count, missing, money, plural, share

__all__ = ["hand_off_tables"]

_MOST_REASONS, _MOST_WINDOWS = 14, 13
_SIDES = {"accepted": "Accepted", "accepted, then turned down": "Accepted, then turned down", "rejected": "Rejected",
          "recycled": "Back to marketing", "never touched": "Never touched", "open": "Open"}  # fmt: skip


def hand_off_tables(result: StageResult) -> dict[str, Display]:
    """Return the tables by name; none where no MQL is known."""
    if result.hand_off.table["n"].sum() == 0:
        return {}
    tables = {"hand_off_duties": _duties(result), "hand_off_by_window": _by_window(result),
              "hand_off_by_hour": _by_hour(result), "hand_off_reasons": _reasons(result)}  # fmt: skip
    return tables | ({"hand_off_at_stake": _stake(result)} if len(result.hand_off.stake) else {})


def _duties(result: StageResult) -> Display:
    """Return what each side answers for, the last weeks against those before."""
    now, past = (result.hand_off_of(window) for window in ("now", "past"))
    unit = result.hand_off.unit
    lines = [
        ("Sales", f"Touched {result.sla_words}", *(_share(row, "sla") for row in (now, past)),
         share(result.knobs.sla_target)),
        ("Sales", "Not touched though time is up", *(_share(row, "never") for row in (now, past)), "0%"),
        ("Sales", f"Median {unit} to first touch", *(_hours(row, "median_hours", result) for row in (now, past)), "–"),
        ("Sales", f"9 in 10 touched within, {unit}", *(_hours(row, "p90_hours", result) for row in (now, past)), "–"),
        ("Marketing", f"Accepted by sales{_within(now)}", *(_share(row, "accept") for row in (now, past)), "–"),
        ("Marketing", "MQLs handed over", *(count(row["n"]) for row in (now, past)), "–"),
        ("Marketing", "Further people of an enquiry", *(count(row["n_again"]) for row in (now, past)), "–"),
        ("Marketing", "Handed to another region than the lead's", *(count(row["n_elsewhere"]) for row in (now, past)),
         "0"),
    ]  # fmt: skip
    shown = pd.DataFrame(lines, columns=["Side", "Duty", "Last weeks", "Before", "Asked for"])
    caption = (
        f"What each side answers for: MQLs of the last {plural(result.knobs.weeks, 'week')} ({count(now['n'])}) and of "
        f"{compared_with(result.window)} ({count(past['n'])}); {unit} are office {unit} of the owner, MQLs not touched "
        "yet count as waiting, not as left out. Time is up: of MQLs whose time to be "
        "touched is over, those that were not to this day, or were given back untouched"
    )
    return also(caption, *result.hand_off.why.values()), shown, (None,) * 5


def _within(row: pd.Series) -> str:
    days = row["accept_days"]
    return "" if missing(days) else f" by day {days:.0f}"


def _share(row: pd.Series, name: str) -> str:
    return with_range(row[f"{name}_share"], row[f"{name}_low"], row[f"{name}_high"])


def _hours(row: pd.Series, name: str, result: StageResult) -> str:
    """Return hours; of stamps without a time, days; `over` what was seen where it is not reached."""
    each = _each(result)
    if missing(row[name]):
        return "–" if missing(row["seen_hours"]) else f"over {row['seen_hours'] / each:,.0f}"
    return f"{row[name] / each:,.1f}"


def _each(result: StageResult) -> float:
    """Return how many office hours one of the unit of the page is."""
    return result.hand_off.day_hours if result.hand_off.unit == "days" else 1.0


def _by_window(result: StageResult) -> Display:
    """Return the hand-off of each window, the oldest first, the last weeks last."""
    window, found = result.window, result.hand_off
    rows = pd.concat([found.table[found.table["window"].eq("now")].assign(window="0"), found.past], ignore_index=True)
    rows = rows.head(_MOST_WINDOWS).iloc[::-1]
    back = [dt.timedelta(days=window.days * int(number)) for number in rows["window"]]
    shown = pd.DataFrame({
        "Weeks": [lasted_in(window.since - days, window.until - days) for days in back], "MQLs": rows["n"].to_numpy(),
        f"Touched {result.sla_words}": [_share(row, "sla") for _, row in rows.iterrows()],
        f"Median {found.unit}": [_hours(row, "median_hours", result) for _, row in rows.iterrows()],
        "Accepted by sales": [_share(row, "accept") for _, row in rows.iterrows()],
    })  # fmt: skip
    caption = f"The hand-off window by window, each of {plural(result.knobs.weeks, 'week')}, the last weeks at the end"
    return caption, shown, (None, "count", None, None, None)


def _by_hour(result: StageResult) -> Display:
    rows = result.hand_off.by_hour
    rows = rows[rows.groupby("arrived")["n"].transform("sum").gt(0)]
    now, past = (rows[rows["window"].eq(window)].set_index("arrived") for window in ("now", "past"))
    past = past.reindex(now.index)
    touched, before = ([with_range(*ends) for ends in zip(side["share"], side["low"], side["high"], strict=True)]
                       for side in (now, past))  # fmt: skip
    shown = pd.DataFrame({
        "Arrived": [word.capitalize() for word in now.index], "MQLs": now["n"].to_numpy(),
        f"Touched {result.sla_words}": touched, "Before": before,
        f"Median {result.hand_off.unit}": now["median_hours"].to_numpy() / _each(result),
    })  # fmt: skip
    caption = "By the owner's clock when an MQL came: where the day loses time"
    return caption, shown, (None, "count", None, None, "count")


def _reasons(result: StageResult) -> Display:
    rows = result.hand_off.reasons
    rows = rows[rows["n"].gt(0) | rows["n_past"].gt(0)]
    n_all, rows = len(rows), rows.sort_values(["n", "n_past"], ascending=False, kind="stable").head(_MOST_REASONS)
    shown = pd.DataFrame({
        "What became of it": rows["side"].map(_SIDES).fillna(rows["side"]), "Reason": rows["reason"].fillna("–"),
        "Last weeks": rows["n"], "Share": rows["share"], "Before": rows["n_past"], "Share before": rows["share_past"],
    })  # fmt: skip
    caption = "What sales made of MQLs, and why it turned them down"
    caption += f"; the {len(rows)} most frequent of {n_all}" if n_all > len(rows) else ""
    return caption, shown.reset_index(drop=True), (None, None, "count", "share", "count", "share")


def _stake(result: StageResult) -> Display:
    rows = result.hand_off.stake
    currency = result.view.company.currency
    write = lambda amount: money(amount, currency)  # noqa: E731
    shown = pd.DataFrame({
        "Source": ["All" if row.lead_source == "all" else channel_label(row.lead_source) for row in rows.itertuples()],
        "Arrived": ["–" if word != word or word == "all" else word for word in rows["arrived"]],
        "Late": rows["n_late"], "On time: opportunity": rows["rate_on_time"],
        "Late: opportunity": rows["rate_late"], "An opportunity is worth": rows["worth_amount"],
        "Pipeline that goes with it": rows["amount"],
        "Range": [ranged(row.low, row.high, write) for row in rows.itertuples()],
    })  # fmt: skip
    days = rows["horizon_days"].iloc[0]
    caption = (
        f"Late MQLs of the last weeks, like with like: the share that becomes an opportunity by day {days:.0f} when "
        "touched in time, less that of the late, times what such an opportunity is worth. An association: easy leads "
        "may be called first, so it is not what speed would bring"
    )
    return caption, shown.reset_index(drop=True), (None, None, "count", "share", "share", "money", "money", None)
