"""Reference data every database starts with, and demonstration data for trying the service."""
