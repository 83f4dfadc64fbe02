"""Uploads: guard -> read -> map -> check -> preview -> commit."""
