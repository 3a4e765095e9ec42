"""Marketo's people and activities, beside the leads and campaigns of Salesforce."""
