"""Touches: who is a member of which campaign, and whom marketing reached otherwise."""
