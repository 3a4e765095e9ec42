"""The metric registry: every number that any report shows, with one definition each.

The function that computes a metric names its id in the docstring; one id is computed by one function.
"""

from revops.metrics.attribution_comparison import ATTRIBUTION_COMPARISON
from revops.metrics.cac_payback import CAC_PAYBACK
from revops.metrics.forecast_accuracy import FORECAST_ACCURACY
from revops.metrics.pipeline_coverage import PIPELINE_COVERAGE
from revops.metrics.revenue_answer import REVENUE_ANSWER
from revops.metrics.shape import Metric
from revops.metrics.stage_benchmarking import STAGE_BENCHMARKING

__all__ = ["METRICS", "Metric", "metric"]

METRICS: dict[str, Metric] = {
    m.id: m
    for m in (
        *PIPELINE_COVERAGE,
        *FORECAST_ACCURACY,
        *ATTRIBUTION_COMPARISON,
        *CAC_PAYBACK,
        *STAGE_BENCHMARKING,
        *REVENUE_ANSWER,
    )
}


def metric(id: str) -> Metric:
    """Return one metric by id; KeyError where the registry has none of that id."""
    return METRICS[id]
