"""Records of many files made one of each: copies, merges, look-ups, what is left out."""
