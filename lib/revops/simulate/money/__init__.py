"""What the company spends, bills, books and expects: ads, recurring revenue, profit and loss, calls, tools."""
