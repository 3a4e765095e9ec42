"""RevOps Workbooks: one definition per revenue number, rebuilt from history as of any day."""

__version__ = "0.1.0"
