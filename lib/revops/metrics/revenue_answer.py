"""The numbers of the report on the one revenue answer."""

from revops.metrics.shape import OURS, Metric

__all__ = ["REVENUE_ANSWER"]

_WHO = "company.yml, revenue_answers; three people with three definitions: Fairview, Marketing Ops versus RevOps"

REVENUE_ANSWER = (
    Metric(
        "answer_amount",
        "Revenue answer",
        "money",
        "none",
        "revops",
        "What marketing, sales or finance would say the quarter brings, by its own definition in company.yml: what is "
        "booked by the as-of day, committed open deals due by the end of the quarter, and both together.",
        _WHO,
    ),
    Metric(
        "answer_step_amount",
        "Step between two answers",
        "money",
        "none",
        "revops",
        "What one rule that two functions define otherwise moves, one rule after the other; the steps add up "
        "to the difference between the two answers, to the cent.",
        OURS,
    ),
    Metric(
        "answers_apart_share",
        "How far the answers are apart",
        "share",
        "down",
        "revops",
        "Largest less smallest of the answers on what is booked, over the largest.",
        _WHO,
    ),
    Metric(
        "answers_unexplained_amount",
        "Won or billed, not explained",
        "money",
        "down",
        "revops",
        "Of the quarter and the whole quarters before it that are still asked after: deals won some days before the "
        "end of the bills without a new bill, new bills of customers to whom nothing was sold since three months "
        "before the quarter and who have no open deal, and what was billed at quite another amount than won; each at "
        "its size, whichever way.",
        OURS,
    ),
)
