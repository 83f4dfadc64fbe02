"""Faults planted on purpose, to see that a test aimed at each notices it."""
