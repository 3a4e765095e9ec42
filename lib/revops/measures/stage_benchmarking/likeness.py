"""Which published figure answers which number of the funnel, and how far their definitions are the same."""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from revops.analysis.peers import NEAR, OFF, About, Doubt, Like, Peers, peers
from revops.errors import MeasureError, examples
from revops.measures.stage_benchmarking.knobs import Knobs

__all__ = ["DOUBTS", "LIKE", "NAMES", "others", "our_numbers"]

_AGES = "theirs does not say within what time, ours is by the last age that was followed"
_CLOSED = "theirs does not say of which deals, ours is of all that closed in the weeks looked at"
_FORECAST = "theirs are deals that sellers placed in the forecast, ours are all that closed"
_COMPANIES = "theirs is a share of companies, ours one of leads"
_LEADS = "theirs is of pipeline, or of leads of all sources, ours of enquiries, where what sales finds itself is none"

NAMES = {
    ("win_rate", "of_closed"): "Win rate of closed deals",
    ("win_rate", "of_made"): "Win rate of deals made",
    ("no_decision_share", "of_closed"): "Closed without a decision",
    ("sales_cycle_days", "won"): "Days from made to won",
    ("lead_to_mql", "by_age"): "Lead to MQL",
    ("mql_to_sql_rate", "by_age"): "MQL to SQL",
    ("accept_rate", "judged"): "Accepted by sales",
    ("sql_to_won", "by_age"): "SQL to won",
    ("demo_to_won", "by_age"): "Demo to won",
    ("marketing_leads_share", "enquiries"): "Enquiries from marketing",
    ("first_touch_hours", "median"): "Hours to first touch, median",
    ("sla_attainment_rate", "sla"): "Touched within the SLA",
    ("never_touched_rate", "all"): "Never touched",
    ("cost_per_mql", "all"): "Cost per MQL",
    ("lead_enrichment_rate", "all"): "Leads enriched",
    ("utm_compliance_rate", "all"): "UTM compliance",
    ("tool_utilisation_rate", "all"): "Seats used",
}
"""Our numbers that one would hold against others': id and basis -> name, also those of which nothing is published.

by_age: by the largest age in days that is told.
"""

LIKE = (
    Like("win_rate", "", "win_rate", "of_closed", NEAR, "won, of the deals that closed", _CLOSED),
    Like("close_rate", "", "win_rate", "of_closed", OFF, "won, of a base that the page does not name",
         "theirs has another base than the win rate of the same page, and does not say which"),
    Like("forecast_deal_won", "", "win_rate", "of_closed", OFF, "won, of deals in the forecast", _FORECAST),
    Like("opp_to_won", "", "win_rate", "of_made", NEAR, "won, of the opportunities that were made", _AGES),
    Like("lost_to_no_decision", "", "no_decision_share", "of_closed", NEAR,
         "ended without a decision, of all that ended",
         "theirs are deals in which a wish to buy was heard, ours are all that closed"),
    Like("forecast_deal_no_decision", "", "no_decision_share", "of_closed", OFF,
         "ended without a decision, of deals in the forecast", _FORECAST),
    Like("sales_cycle", "", "sales_cycle_days", "won", NEAR, "days from made to won",
         "theirs averages what the page does not name, ours is when half of those ever won are won", "days"),
    Like("inquiry_to_mql", "", "lead_to_mql", "by_age", NEAR, "enquiries that marketing called qualified", _AGES),
    Like("mql_to_sql", "", "mql_to_sql_rate", "by_age", NEAR, "MQLs that sales called qualified", _AGES),
    Like("sal_to_sql", "", "accept_rate", "judged", NEAR, "called qualified, of what sales took on",
         "theirs is of leads that sales took on, ours of those it judged"),
    Like("mql_to_sal", "", "accept_rate", "judged", OFF, "MQLs that sales took on",
         "theirs is what sales took on to look at, of all MQLs; ours what it called qualified, of those it judged"),
    Like("sql_to_won", "", "sql_to_won", "by_age", NEAR, "SQLs that became a won deal", _AGES),
    Like("demo_to_won", "", "demo_to_won", "by_age", NEAR, "deals that came to a demo and were won", _AGES),
    Like("marketing_generated_leads_share", "", "marketing_leads_share", "enquiries", OFF,
         "leads that marketing brought, of all", _LEADS),
    Like("marketing_sourced_share", "percent of leads", "marketing_leads_share", "enquiries", OFF,
         "leads that marketing brought, of all", _LEADS),
    Like("lead_response_time", "", "first_touch_hours", "median", OFF, "hours to the first answer",
         "theirs is the average of those who answered at all, by the clock; ours the median of all, in office hours"),
    Like("lead_response_within_1h", "", "sla_attainment_rate", "sla", OFF, "answered within an hour", _COMPANIES),
    Like("lead_response_over_24h", "", "sla_attainment_rate", "sla", OFF, "answered after more than a day", _COMPANIES),
    Like("lead_never_answered", "", "never_touched_rate", "all", OFF, "never answered", _COMPANIES),
)  # fmt: skip
"""Every published metric that answers a number of this report."""

DOUBTS = (
    Doubt("win_rate", "segment_dimension", "forecast_process", OFF,
          "companies told apart by how they rate their own forecast process"),
    Doubt("win_rate", "segment", "B2C", NEAR, "sales to consumers are in it"),
    Doubt("win_rate", "note", "sample described differently", NEAR,
          "pages that quote it describe another sample each"),
    Doubt("sales_cycle", "note", "median of company averages", NEAR, "a median of the averages of companies"),
    Doubt("sales_cycle", "note", "attributes the same pair", NEAR, "pages name different publishers for it"),
    Doubt("lost_to_no_decision", "note", "year inferred", NEAR, "the year is inferred, not printed"),
    Doubt("mql_to_sql", "note", "no method disclosed", OFF, "no method disclosed"),
    Doubt("mql_to_sql", "note", "original sample not shown", OFF, "its sample is shown nowhere"),
    Doubt("mql_to_sql", "note", "spread driven by", NEAR, "the spread comes from what each calls an MQL"),
    Doubt("marketing_sourced_share", "statistic", "upper_bound", NEAR, "an upper bound, not a middle"),
    *(Doubt(metric, "note", "agency glossary", NEAR, "from the glossary of an agency, without a sample")
      for metric in ("inquiry_to_mql", "mql_to_sal", "sal_to_sql", "sql_to_won")),
    *(Doubt(metric, "note", "directional", NEAR, "a rough direction, as the page itself says")
      for metric in ("sql_to_won", "demo_to_won", "opp_to_won")),
)  # fmt: skip
"""What pages say of a figure that is to be minded."""


def our_numbers(known: Mapping[tuple[str, str], float]) -> pd.DataFrame:
    """Return our numbers in the shape in which others publish theirs.

    Question
        Which of our numbers can be held against published ones?

    Parameters
        known : id and basis, of NAMES -> our number, a share or days or hours; NaN or absent where it cannot be had

    Returns
        One row per id and basis of NAMES, in its order: id, basis, ours (NaN where it is not known).

    Raises
        MeasureError: a number that NAMES does not have.
    """
    strange = [" ".join(key) for key in known if key not in NAMES]
    if strange:
        raise MeasureError(
            f"stage_benchmarking: our numbers must be those of likeness.NAMES; found {len(strange)} of {len(known)} "
            f"others ({examples(strange)}). Name them there, with what is published alike."
        )
    table = pd.DataFrame(list(NAMES), columns=["id", "basis"]).astype("str")
    return table.assign(ours=pd.Series([known.get(key, float("nan")) for key in NAMES], dtype="float64"))


def others(published: pd.DataFrame, ours: pd.DataFrame, knobs: Knobs, about: About) -> Peers:
    """Return published figures of funnels that print a year beside our numbers, each with how far it can be compared.

    Question
        How does our funnel stand beside those of others, and may we say so?

    Parameters
        published : revops.benchmarks.published
        ours : our_numbers
        knobs : Uses grades, arr_band.
        about : the day, our recurring revenue a year, the median new customer's amount a year, and the currency

    Returns
        As analysis.peers.peers, of figures with a year alone; why says where others print none.

    Limits
        No published conversion says how its cohort was followed, so none is without caution. Our own past comes first.
    """
    has_year = published["year"].notna()
    found, undated = (peers(published[rows], ours, LIKE, knobs, about, doubts=DOUBTS) for rows in (has_year, ~has_year))
    return replace(found, why=_without_year(found, undated))


def _without_year(found: Peers, undated: Peers) -> dict[str, str]:
    """Return why a number has no figure that may be compared, where some of it print no year."""
    shown, missing = found.table["id"].value_counts(), undated.table["id"].value_counts()
    why = dict(found.why)
    for id in set(why) & set(missing.index):
        n = int(missing[id])
        others = f"no year is printed with {'the one other' if n == 1 else f'{n} others'}"
        alone = f"no year is printed with {'the one published figure' if n == 1 else f'the {n} published figures'}"
        why[id] = f"{why[id]}; {others}" if shown.get(id, 0) else alone
    return why
