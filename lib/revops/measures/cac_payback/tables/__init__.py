"""What the CAC payback report shows as tables."""
