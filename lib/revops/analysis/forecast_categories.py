"""What the forecast categories of a CRM mean: the one place where its names are ours, and those that people read."""

__all__ = ["CATEGORY_LABELS", "CATEGORY_ROLES"]

CATEGORY_ROLES = {"Forecast": "commit", "MostLikely": "most_likely", "BestCase": "best_case", "Pipeline": "pipeline"}
"""Name in the tables -> what it is called in company.yml and in rows of answers; nearest to the commit first."""
CATEGORY_LABELS = {"Forecast": "Commit", "MostLikely": "Most likely", "BestCase": "Best case"}
"""Name in the tables -> as it is shown; the others are shown as they are."""
