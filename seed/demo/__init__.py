"""Demonstration data: a small invented industry, its people and a year of their contacts."""

from seed.demo.cast import PASSWORD, SignIn
from seed.demo.contacts import load_demo

__all__ = ["PASSWORD", "SignIn", "load_demo"]
