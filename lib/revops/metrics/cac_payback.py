"""The numbers of the CAC payback report."""

from revops.metrics.shape import OURS, Metric

__all__ = ["CAC_PAYBACK"]

_KM = "Kaplan and Meier, JASA 53 (1958)"
_AJ = "Aalen and Johansen, Scandinavian Journal of Statistics 5 (1978)"


def _of(id: str, label: str, unit: str, good: str, owner: str, definition: str, source: str = OURS) -> Metric:
    return Metric(id, label, unit, good, owner, definition, source)


CAC_PAYBACK = (
    _of("acquisition_spend_amount", "Cost of acquisition", "money", "down", "both",
        "Cost of winning customers in the window's months, as the ledger books it: accounts of sales and "
        "marketing, with or without people by basis; of a channel, what ad systems and campaigns say it cost."),
    _of("new_customers", "New customers", "count", "up", "both",
        "Customers whose first month with recurring revenue lies in the window; without a billing export, accounts"
        " whose first new business was won in it. By channel: parts of them, by credit."),
    _of("new_recurring_amount", "New recurring revenue", "money", "up", "both",
        "What new customers pay a month, in their first month."),
    _of("gross_margin_share", "Gross margin", "share", "up", "revops",
        "Revenue less cost of goods sold, over revenue, of the ledger's months."),
    _of("acquisition_lag_months", "Lead to first bill", "months", "down", "both",
        "Median months from the lead (else the deal) of a new customer to its first month of revenue."),
    _of("cac_amount", "CAC", "money", "down", "both",
        "Cost of acquisition over new customers. By kind: blended = all over all; paid = channels that ad systems "
        "bill, over the customers credited to them; marginal = cost added over the year before, over customers "
        "added, each year's cost at the share of work that new business took in it."),
    _of("payback_months", "CAC payback", "months", "down", "revops",
        "Cost of acquisition over new recurring revenue a month times gross margin, by basis: revenue (no margin, "
        "no people), gross_margin, fully_loaded (people), new_logo (the share of cost that new customers bear), "
        "lagged (cost of the months before, by the measured time from lead to first bill)."),
    _of("paid_back_share", "Paid back", "share", "up", "revops",
        "Share of new customers whose cumulative gross margin has reached their CAC by an age, leaving first "
        "competing, today's customers censored. CAC: of the months up to their first, at the share of cost that new "
        "business bore then. By version: recognised (all that they pay), first_price (no month above the first: "
        "without expansion), collected or billed.", _AJ),
    _of("lost_before_payback_share", "Left before payback", "share", "down", "revops",
        "Share of new customers that left before their cumulative gross margin reached their CAC, by an age.", _AJ),
    _of("ltv_amount", "Lifetime value", "money", "up", "revops",
        "Gross margin that a new customer brings up to the horizon: share still there at each age times margin "
        "times what those there pay; beyond the oldest ages seen, the tail goes on at the last year's rate and is "
        "shown apart. By basis: without_expansion (no month above each customer's first: what the cost of winning it "
        "bought) and with_expansion (all that it pays).",
        _KM),
    _of("ltv_to_cac", "LTV to CAC", "x", "up", "revops", 
        "Lifetime value over lagged, fully loaded new-customer CAC. The one to go by is without_expansion: the cost of "
        "expansion is not in that CAC."),
    _of("nrr", "Net revenue retention", "share", "up", "revops",
        "Recurring revenue now of the customers of twelve months ago, over theirs then."),
    _of("grr", "Gross revenue retention", "share", "up", "revops",
        "As net revenue retention, but no customer counts for more than it paid then."),
    _of("logo_churn_rate", "Customers lost", "share", "down", "revops",
        "Share of the customers of twelve months ago that pay nothing now."),
    _of("recurring_movement_amount", "Movement of recurring revenue", "money", "none", "revops",
        "Recurring revenue a month by what moved it in a quarter: new, expansion, contraction, churn, "
        "reactivation."),
    _of("cs_expansion_amount", "Expansion sourced by customer success", "money", "up", "revops",
        "Won expansion deals whose source is customer success, closed in the window's months."),
    _of("magic_number", "Magic number", "x", "up", "revops",
        "By variant: annual recurring revenue added in a quarter (net_new, or gross_new: new and expansion), or "
        "the change in quarterly revenue times four (revenue), over the sales and marketing cost of the quarter "
        "before."),
    _of("burn_multiple", "Burn multiple", "x", "down", "revops",
        "Loss of the ledger (its net result, interest included) over net new annual recurring revenue, of the last "
        "four quarters; not meaningful where there is no loss or nothing was added."),
)  # fmt: skip
