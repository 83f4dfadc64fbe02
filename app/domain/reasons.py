"""Why something is done to somebody's access, in the words of whoever does it."""

from app.domain.errors import RuleBroken
from app.domain.items import CONTROL

LONGEST_REASON = 400


def read_reason(text: str) -> str:
    """The reason on one line; RuleBroken, with a sentence, when there is none or nobody could read it."""
    reason = " ".join(text.split())
    if not reason:
        raise RuleBroken("Say why. The person's history keeps it.", field="reason")
    if len(reason) > LONGEST_REASON:
        raise RuleBroken(f"Say why in {LONGEST_REASON} characters at most.", field="reason")
    if CONTROL.search(reason):
        raise RuleBroken("This holds characters that cannot be shown. Type it again by hand.", field="reason")
    return reason
