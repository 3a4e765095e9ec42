"""Steps of the preparation: done once for the same inputs, and told again as they were."""
