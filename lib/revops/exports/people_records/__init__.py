"""What a CRM holds around people: leads and their history, contact roles, campaigns' costs and their influence."""
