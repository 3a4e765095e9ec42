"""What the sections of the page show, as tables."""
