"""Workbooks and csv files out."""
