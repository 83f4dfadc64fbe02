"""Hypothesis without a stopwatch: a busy machine is no fault."""

from hypothesis import settings

settings.register_profile("calm", deadline=None)
settings.load_profile("calm")
