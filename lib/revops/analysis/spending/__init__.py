"""What was spent where and when, by ad systems and by campaigns of the CRM, and what is left of revenue."""

from revops.analysis.spending.ledger import booked, gross_margin, margins
from revops.analysis.spending.lines import SAID, Costs, cost_lines
from revops.analysis.spending.within import cost_within

__all__ = ["SAID", "Costs", "booked", "cost_lines", "cost_within", "gross_margin", "margins"]
