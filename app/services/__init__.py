"""Verbs: the only functions that change anything, one module per noun."""
