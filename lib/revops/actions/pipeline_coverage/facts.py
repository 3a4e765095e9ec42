"""Facts that decide what the first screen may say."""

from revops.measures.pipeline_coverage import CoverageResult
from revops.wording import money

__all__ = ["is_point"]


def is_point(result: CoverageResult) -> bool:
    """Return whether the landing's range, as it would be written, is a single amount: then it is no range."""
    low, _, high = (money(end, result.view.company.currency) for end in result.outlook.range())
    return low == high
