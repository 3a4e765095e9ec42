"""The numbers of the pipeline coverage report."""

from revops.metrics.shape import OURS, Metric

__all__ = ["PIPELINE_COVERAGE"]

_FAIRVIEW = "Fairview, Marketing Ops versus RevOps; definition of terms ours"

PIPELINE_COVERAGE = (
    Metric(
        "quota_amount",
        "Quota",
        "money",
        "none",
        "revops",
        "What the period is asked to book: the company's own quota row where there is one, else the sum over "
        "owners without reports; the row in force has the latest effective date up to the as-of day.",
        OURS,
    ),
    Metric(
        "booked_amount",
        "Booked",
        "money",
        "up",
        "revops",
        "Opportunities of the types that the quota covers, recorded as won by the as-of day, with a close date "
        "from the period's first day to the as-of day. A past period is frozen some grace days after its end.",
        OURS,
    ),
    Metric(
        "open_pipeline_amount",
        "Open pipeline",
        "money",
        "up",
        "revops",
        "Open opportunities at or past the qualifying stage, of the types that the quota covers, with a close "
        "date from the as-of day to the period's last day.",
        _FAIRVIEW,
    ),
    Metric(
        "total_open_amount",
        "Total open",
        "money",
        "none",
        "revops",
        "All open opportunities: any type, any stage, any close date.",
        OURS,
    ),
    Metric(
        "overdue_amount",
        "Overdue",
        "money",
        "down",
        "revops",
        "Open opportunities whose close date lies before the as-of day; in neither open pipeline nor coverage.",
        OURS,
    ),
    Metric(
        "coverage",
        "Coverage",
        "x",
        "up",
        "revops",
        "Open pipeline divided by what is still to book (quota less booked); undefined once nothing remains.",
        _FAIRVIEW,
    ),
    Metric(
        "start_coverage",
        "Start coverage",
        "x",
        "up",
        "revops",
        "Open pipeline at the end of the period's first day divided by the full quota.",
        "Kellblog, Target Pipeline Coverage is Not the Inverse of Win Rate (2024); definition of terms ours",
    ),
    Metric(
        "created_pipeline_amount",
        "Created pipeline",
        "money",
        "up",
        "both",
        "Opportunities of the types that the quota covers, created in the period up to the as-of day, at the "
        "amount known on the as-of day, whatever became of them; the source is the one they were created with.",
        _FAIRVIEW,
    ),
    Metric(
        "created_pipeline_share",
        "Share of created pipeline",
        "share",
        "none",
        "both",
        "A source's part of the created pipeline; opportunities without a known source are a source of their own.",
        _FAIRVIEW,
    ),
    Metric(
        "pipeline_movement_amount",
        "Movement of open pipeline",
        "money",
        "none",
        "revops",
        "What entered, left or changed the period's open pipeline over the last days, by kind; open pipeline "
        "then plus all kinds is open pipeline now, to the cent.",
        OURS,
    ),
    Metric(
        "top_deal_share",
        "Share of the largest deals",
        "share",
        "down",
        "revops",
        "The five largest opportunities' part of the open pipeline.",
        OURS,
    ),
    Metric(
        "effective_deals",
        "Effective number of deals",
        "count",
        "up",
        "revops",
        "One over the sum of squared shares of open pipeline: how many equal deals would be as concentrated.",
        "Herfindahl index, inverted",
    ),
    Metric(
        "pipeline_before_qualifying_amount",
        "Before the qualifying stage",
        "money",
        "none",
        "revops",
        "Open opportunities due in the period, of the types that the quota covers, before the qualifying stage.",
        OURS,
    ),
    Metric(
        "required_coverage",
        "Required coverage",
        "x",
        "none",
        "revops",
        "The open pipeline that the remaining quota has needed on this day, over that remaining quota: from what "
        "past quarters won of what was open on the same day and from elsewhere; never one over a win rate.",
        "Kellblog, Target Pipeline Coverage is Not the Inverse of Win Rate (2024)",
    ),
    Metric(
        "pipeline_gap_amount",
        "Pipeline gap",
        "money",
        "down",
        "revops",
        "Required open pipeline less open pipeline, not below 0.",
        OURS,
    ),
    Metric(
        "weighted_pipeline_amount",
        "Weighted pipeline",
        "money",
        "up",
        "revops",
        "Open pipeline, each deal at its chance to be won by the quarter's end, from past deals like it on the "
        "same day, shrunk, times what its type or group brought over that; not the CRM's probability.",
        OURS,
    ),
    Metric(
        "crm_weighted_pipeline_amount",
        "CRM-weighted pipeline",
        "money",
        "none",
        "revops",
        "Open pipeline, each deal at the probability that the CRM shows for it; for comparison.",
        OURS,
    ),
    Metric(
        "landing_amount",
        "Landing",
        "money",
        "up",
        "revops",
        "What the quarter books of the types that the quota covers: bookings so far, open deals by chance with a "
        "luck that all deals share, and what is not there yet; the value is the median of simulated outcomes.",
        OURS,
    ),
    Metric(
        "attainment_probability",
        "Chance of quota",
        "share",
        "up",
        "revops",
        "The share of simulated outcomes that reach the quota; not validated before eight past quarters were told "
        "on the same day and held against what came.",
        OURS,
    ),
    Metric(
        "sales_cycle_days",
        "Sales cycle",
        "days",
        "down",
        "both",
        "Days from creation until half of the deals that are ever won have been won: deals of the last two years, "
        "open ones undecided, lost ones competing.",
        "Aalen and Johansen 1978",
    ),
    Metric(
        "net_new_amount",
        "Net new",
        "money",
        "up",
        "revops",
        "New business and expansion of the period, less renewals due in it that are lost or late; the value is the "
        "median of simulated outcomes.",
        OURS,
    ),
    Metric(
        "net_new_probability",
        "Chance of the net new plan",
        "share",
        "up",
        "revops",
        "The share of simulated outcomes in which net new reaches the plan of company.yml.",
        OURS,
    ),
    Metric(
        "pipeline_velocity_amount",
        "Pipeline velocity",
        "money",
        "up",
        "revops",
        "Open deals x win rate x average amount / sales cycle: what the pipeline brings a day. The win rate counts "
        "open deals as not yet decided.",
        "RevenueTools, Marketing Operations vs. Revenue Operations; win rate by Aalen-Johansen",
    ),
)
