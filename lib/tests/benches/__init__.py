"""What bench.py times, each in a fresh process."""
