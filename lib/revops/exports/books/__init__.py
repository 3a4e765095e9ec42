"""The books: profit and loss statements by month, from their sheets to the canonical table `ledger`."""
