"""Facts that decide what the first screen may say."""

from revops.measures.pipeline_coverage import CoverageResult
from revops.wording import missing, money

__all__ = ["has_quota", "is_point", "no_quota"]


def has_quota(result: CoverageResult) -> bool:
    """Return whether there is a quota to hold anything against; one of 0 or below is none."""
    return bool(result.headline["quota_amount"] > 0)


def no_quota(result: CoverageResult) -> str | None:
    """Return what a quota sheet says that asks for nothing; None where it says nothing at all."""
    quota = result.headline["quota_amount"]
    if missing(quota):
        return None
    return f"the quota sheet says {money(quota, result.view.company.currency)}: nothing to hold it against"


def is_point(result: CoverageResult) -> bool:
    """Return whether the landing's range, as it would be written, is a single amount: then it is no range."""
    low, _, high = (money(end, result.view.company.currency) for end in result.outlook.range())
    return low == high
