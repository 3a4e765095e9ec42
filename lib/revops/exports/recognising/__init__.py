"""What a sheet is: systems described in YAML, matched by headers."""
