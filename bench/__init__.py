"""Benchmarks: the service beside Django's admin, django-import-export and the bare minimum, in one run."""
