"""What the attribution comparison report shows as tables."""
