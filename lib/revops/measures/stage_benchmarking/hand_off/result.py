"""What the hand-off from marketing to sales is: how fast, how much of it was accepted, and what lateness goes with."""

from dataclasses import dataclass

import pandas as pd

__all__ = ["BY_GROUP", "BY_HOUR", "COUNTS", "LEADS", "REASONS", "STAKE", "TABLE", "HandOff"]

_SHARE = dict.fromkeys(("sla_share", "sla_low", "sla_high", "sla_worth"), "float64")
_HOURS = dict.fromkeys(("median_hours", "median_low", "median_high", "p90_hours", "seen_hours"), "float64")
_ACCEPT = dict.fromkeys(("accept_share", "accept_low", "accept_high", "accept_worth"), "float64")
_NEVER = dict.fromkeys(("never_share", "never_low", "never_high"), "float64")
_COUNTED = dict.fromkeys(("n", "n_timed", "n_touched", "n_never", "n_open", "n_waiting", "n_followed"), "int64")
LEADS = {
    "lead_id": "str", "enquiry_id": "str", "company_key": "str", "mql_at": "datetime64[us]", "place": "int64",
    "owner_id": "str", "team": "str", "zone": "str", "arrived": "str", "source": "str", "lead_source": "str",
    "segment": "str", "region": "str", "touched_at": "datetime64[us]", "touch": "str",
    "given_back_at": "datetime64[us]", "event": "int64", "hours": "float64", "follow_hours": "float64",
    "is_late": "boolean", "side": "str", "judged_at": "datetime64[us]", "reason": "str",
    "lost_at": "datetime64[us]", "opportunity_id": "str",
    "opportunity_at": "datetime64[us]", "opportunity_amount": "float64",
}  # fmt: skip
TABLE = {"window": "str", **_COUNTED, **_SHARE, **_NEVER, **_HOURS, "n_judged": "int64", **_ACCEPT,
         "accept_days": "float64", "n_again": "int64", "n_elsewhere": "int64"}  # fmt: skip
BY_HOUR = {"window": "str", "arrived": "str", "n": "int64", "share": "float64", "low": "float64", "high": "float64",
           "n_worth": "float64", "median_hours": "float64", "seen_hours": "float64"}  # fmt: skip
BY_GROUP = {"dimension": "str", "group": "str", "n": "int64", "n_untouched": "int64", "share": "float64",
            "low": "float64", "high": "float64", "median_hours": "float64", "seen_hours": "float64",
            "is_few": "bool"}  # fmt: skip
REASONS = {"side": "str", "reason": "str", "n": "int64", "share": "float64", "n_past": "int64",
           "share_past": "float64"}  # fmt: skip
STAKE = {"lead_source": "str", "arrived": "str", "n_late": "int64", "n_on_time_known": "int64", "n_late_known": "int64",
         "rate_on_time": "float64", "rate_late": "float64", "worth_amount": "float64", "amount": "float64",
         "low": "float64", "high": "float64", "horizon_days": "int64"}  # fmt: skip
COUNTS = {"what": "str", "n": "int64", "words": "str"}


@dataclass(frozen=True)
class HandOff:
    """How MQLs came to sales: when somebody first worked on them, what sales made of them, what lateness goes with.

    leads: one row per enquiry that was qualified by the day, sorted by mql_at and lead_id; its first qualified person:
        place          window of mql_at: 0 the last weeks, 1 those before, ...; -1 after them
        owner_id, team, zone    the first person who owned it from then on, and whose clock counts
        arrived        where in that day it came: analysis.office.times_of_day; null of days without a time
        touched_at, touch       when somebody first worked on it, and what tells: status, field, conversion, SQL
        given_back_at  when marketing had it back before anybody worked on it
        event          0 neither yet, 1 touched, 2 given back untouched
        hours          office hours from mql_at to that; of 0 to the last moment seen; NaN where it cannot be timed
        follow_hours   office hours from mql_at to the last moment seen
        is_late        touched after the SLA, or not though it has run out; null: it has not run out, or cannot be timed
        side           accepted; accepted, then turned down; rejected; recycled; never touched; open
        judged_at, reason       when sales said so, and why it was turned down
        lost_at        when it was turned down or given back, touched or not
        opportunity_id, opportunity_at, opportunity_amount    as the funnel has them; first known amount
    table: one row each of the windows "now" and "past" (the past windows together):
        n; n_timed: of these, that can be timed: n_touched, n_never (given back untouched), n_open (not touched yet)
        n_waiting: not touched, whose SLA has not run out; n_followed: whose SLA had run out by the day
        sla_share, sla_low, sla_high, sla_worth      touched within the SLA (as many equal independent ones)
        never_share, never_low, never_high           of those whose SLA has run out, not touched or given back untouched
        median_hours, median_low, median_high, p90_hours    NaN where not reached: more than seen_hours
        n_judged, accept_share, accept_low, accept_high, accept_worth    by accept_days after the MQL
        n_again        further people of an enquiry that had been qualified already
        n_elsewhere    handed to an owner of another region than the lead's
    past: the same, one row per window back to luck_past: window "1", "2", ...
    by_hour: window, arrived (in order), n, share within the SLA, low, high, n_worth, median_hours, seen_hours; no row
        of days without a time.
    by_group: of the last weeks, dimension (owner, team, lead_source, region), group, n, n_untouched, share, low, high,
        median_hours, seen_hours, is_few; sorted by dimension and n.
    reasons: side, reason, n and share of the last weeks; n_past and share_past.
    stake: one row per stratum, the last one "all": lead_source, arrived (office hours, outside them; of days without a
        time, whenever), n_late (of the last weeks), n_on_time_known and n_late_known (that the rates stand on),
        rate_on_time, rate_late, worth_amount (of one opportunity), amount, low, high, horizon_days. An association, not
        what speed would cause.
    moves: the share within the SLA and the share accepted, the last weeks against those before (what: sla, accept) and
        against as many windows before those (sla_earlier, accept_earlier: moves.EARLIER), as analysis.passages.MOVES.
    unit: hours, or days: stamps without a time, hours are whole working days of day_hours.
    sla_hours, day_hours: the SLA, and how long a working day is.
    counts: what, n, words: what is odd about it, for the page.
    why: what cannot be told (sla, accept, stake) -> why not.
    """

    leads: pd.DataFrame
    table: pd.DataFrame
    past: pd.DataFrame
    by_hour: pd.DataFrame
    by_group: pd.DataFrame
    reasons: pd.DataFrame
    stake: pd.DataFrame
    moves: pd.DataFrame
    unit: str
    sla_hours: float
    day_hours: float
    counts: pd.DataFrame
    why: dict[str, str]
