"""Settings of all tests: property tests draw the same cases every time, and speed is never asserted."""

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=60)
settings.register_profile("long", deadline=None, max_examples=2000)
settings.load_profile("repeatable")
