"""The numbers of the stage benchmarking report."""

from revops.metrics.shape import OURS, Metric

__all__ = ["STAGE_BENCHMARKING"]

_AJ = "Aalen and Johansen, Scandinavian Journal of Statistics 5 (1978)"
_KM = "Kaplan and Meier, JASA 53 (1958)"
_FAIRVIEW = "Fairview, Marketing Ops versus RevOps"


def _of(id: str, label: str, unit: str, good: str, owner: str, definition: str, source: str = OURS) -> Metric:
    return Metric(id, label, unit, good, owner, definition, source)


STAGE_BENCHMARKING = (
    _of("conversion_rate", "Conversion", "share", "up", "revops",
        "Share that has moved on by so many days after it came into a step, being lost competing, those not seen so "
        "long censored. By weight: of all, each once, or of money, at the amount of the day it came in.", _AJ),
    _of("median_days_in_stage", "Median days in stage", "days", "down", "revops",
        "Days after which half of all stays in a stage were over, by whatever way they ended; more than the days seen "
        "where half were not.", _KM),
    _of("win_rate", "Win rate", "share", "up", "revops",
        "Share of opportunities won by so many days after they were made, being lost competing.", _AJ),
    _of("win_rate_by_amount", "Win rate of money", "share", "up", "revops",
        "As the win rate, each opportunity at its first amount.", _AJ),
    _of("halving_days", "Age at which the chance has halved", "days", "none", "revops",
        "Days in a stage after which the chance to move forward is half of what it was on entry.", _AJ),
    _of("stuck_amount", "Stuck", "money", "down", "revops",
        "Amount of open opportunities that have stood in their stage longer than the age at which the chance to move "
        "on has halved."),
    _of("mql_volume", "MQLs", "count", "up", "marketing_ops",
        "Enquiries that marketing called qualified, by the day it did; people of one company within the days of one "
        "enquiry count once.", _FAIRVIEW),
    _of("mql_to_sql_rate", "MQL to SQL", "share", "up", "marketing_ops",
        "Share of enquiries qualified by marketing that sales has called qualified by so many days after.", _FAIRVIEW),
    _of("lead_to_won_rate", "Lead to won", "share", "up", "both",
        "Share of enquiries that have become a won opportunity by so many days after the first lead.", _AJ),
    _of("cost_per_mql", "Cost per MQL", "money", "down", "marketing_ops",
        "Marketing cost of whole months, as the books have it, else as ad systems and campaigns have it, over the MQLs "
        "of those months.", _FAIRVIEW),
    _of("lead_enrichment_rate", "Leads enriched", "share", "up", "marketing_ops",
        "Share of leads whose firmographic fields are all filled; words such as unknown do not fill a field.",
        _FAIRVIEW),
    _of("utm_compliance_rate", "UTM compliance", "share", "up", "marketing_ops",
        "Share of campaigns whose links carry source, medium and campaign, in lower case, without blanks or codes, on "
        "at least the share of arrivals that the parameter says.", _FAIRVIEW),
    _of("tool_utilisation_rate", "Seats used", "share", "up", "marketing_ops",
        "Seats used in the last 30 days over seats paid for, as the sheet of tools says.", _FAIRVIEW),
    _of("sla_attainment_rate", "Touched within the SLA", "share", "up", "revops",
        "Share of MQLs that somebody worked on within the SLA, in office hours of the owner; those not touched yet are "
        "censored, those given back untouched never are.", _AJ),
    _of("first_touch_hours", "Hours to first touch", "count", "down", "revops",
        "Office hours from MQL to the first touch, by share of all MQLs: the median and the 90th percentile; more than "
        "the hours seen where so many were not touched.", _AJ),
    _of("never_touched_rate", "Never touched", "share", "down", "revops",
        "Of the MQLs whose SLA has run out, the share that nobody worked on up to the day, or that was given back "
        "untouched."),
    _of("accept_rate", "Accepted by sales", "share", "up", "both",
        "Of the MQLs that sales has judged, the share it called qualified."),
    _of("late_lead_amount", "At stake in late leads", "money", "down", "both",
        "Late MQLs times the difference in the share that becomes an opportunity, on time less late, like with like, "
        "times what such an opportunity is worth: an association, not what speed would cause."),
    _of("company_stage", "Company stage", "count", "none", "both",
        "Which of four stages recurring revenue a year puts the company in: 1 founder-led, 2 marketing operations "
        "generalist, 3 transition, 4 dedicated revenue operations.", _FAIRVIEW),
    _of("operating_signals", "Signals of operational debt", "count", "down", "both",
        "How many of the five signals the data show, of those that can be read; by signal 1 where it shows, else 0.",
        _FAIRVIEW),
    _of("benchmark_percentile_band", "Place among published figures", "share", "none", "both",
        "Least share of the others that our number stands above, where quartiles are published and may be compared: 0 "
        "below the lower one, 0.25 between lower quartile and median, and so on. Of a range without shares only "
        "whether ours is below, within or above it."),
)  # fmt: skip
