"""What customers pay month by month: from reports of recurring revenue and from lists of subscriptions."""
