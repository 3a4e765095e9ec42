"""Results in, drawings out: a chart does no arithmetic beyond layout."""
