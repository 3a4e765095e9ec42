"""Who stays and who leaves, by age: Kaplan-Meier, and incidences of events that compete."""
