"""What a browser calls itself, in words people know."""

import re

# The first that is found counts: most browsers also claim to be others.
_NAMES = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Mac OS", "a Mac"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


def browser_words(agent: str) -> str:
    """Such as Firefox on Windows."""
    name = next((words for sign, words in _NAMES if sign in agent), "")
    system = next((words for sign, words in _SYSTEMS if sign in agent), "")
    if name and system:
        return f"{name} on {system}"
    return name or system or re.sub(r"[^\w ./()-]", "", agent)[:40] or "A browser without a name"
