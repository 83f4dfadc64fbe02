"""Benchmarks: the service against Django's admin, django-import-export and the bare minimum, side by side in one run."""
