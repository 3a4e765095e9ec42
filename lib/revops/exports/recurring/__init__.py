"""What customers pay month by month: reports of recurring revenue, lists of subscriptions, invoices."""
