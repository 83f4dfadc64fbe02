"""Passwords: argon2id, the same time spent whether or not the person exists."""

import os
import re
import secrets
from collections.abc import Iterable
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.domain.errors import RuleBroken

SHORTEST, LONGEST = 12, 128
# Of five steps from 0 to 4: harder than 100 million guesses.
LOWEST_SCORE = 3
# So many different characters must be left without the names that others know.
FEWEST_OWN = 5
_MOST_JUDGED = 72
SERVICE_WORDS = ("xoserve", "gas", "contact", "contacts", "management", "service", "mprn", "shipper", "password")
OWN_WORDS = "It is made of names that others know. Three or four words that have nothing to do with you do well."
WEAKNESSES = {
    "dictionary": "It is made of words or passwords that many people choose. Add a word or two that few think of.",
    "repeat": "It repeats itself. Add words or characters that differ.",
    "sequence": "It follows an order such as abc or 6543. Three or four unrelated words do well.",
    "spatial": "It follows keys that lie side by side. Three or four unrelated words do well.",
    "date": "It is made of a date. Three or four unrelated words do well.",
    "regex": "It is made of a year. Three or four unrelated words do well.",
}
OTHERWISE = "Three or four unrelated words do well."
# In place of a hash for those who have not chosen a password yet: none fits it.
NONE_YET = ""

# Each verification takes its memory for as long as it runs; more at once than cores only adds memory.
_at_once = BoundedSemaphore(os.cpu_count() or 1)
_hasher = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)
_nobody = ""


def configure(*, memory_kib: int, passes: int) -> None:
    """Set the cost of a hash; called once at start-up."""
    global _hasher, _nobody
    _hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)
    _nobody = ""


def make_hash(password: str) -> str:
    """The argon2id hash of a password."""
    with _at_once:
        return _hasher.hash(password)


def is_right(stored_hash: str | None, password: str) -> bool:
    """Whether the password fits; takes as long for nobody's hash (None) as for somebody's."""
    global _nobody
    if len(password) > LONGEST:
        password = ""
    if not _nobody:
        _nobody = make_hash(secrets.token_urlsafe(24))
    with _at_once:
        try:
            return _hasher.verify(stored_hash or _nobody, password) and bool(stored_hash)
        except (VerificationError, InvalidHashError):
            return False


def needs_rehash(stored_hash: str) -> bool:
    """Whether the hash was made at another cost than today's."""
    return _hasher.check_needs_rehash(stored_hash)


def check_new(password: str, *, user_id: str, words: Iterable[str] = ()) -> None:
    """RuleBroken, with a sentence, when the password is too weak to choose; `words` are the person's own.

    What counts is how hard it is to guess: nothing is asked for that people answer with a capital letter and a one.
    """
    if len(password) < SHORTEST:
        raise RuleBroken(
            f"Use at least {SHORTEST} characters. Three or four unrelated words do well.", field="new_password"
        )
    if len(password) > LONGEST:
        raise RuleBroken(f"Use {LONGEST} characters at most.", field="new_password")
    if user_id.casefold() in password.casefold():
        raise RuleBroken("Choose a password that does not hold your user ID.", field="new_password")
    # Loaded here: few of the processes that start need its lists of words.
    from zxcvbn import zxcvbn

    known = {word for word in re.split(r"\W+", " ".join([user_id, *words, *SERVICE_WORDS]).casefold()) if len(word) > 2}
    left = re.sub("|".join(sorted(known, key=len, reverse=True)), "", password.casefold())
    judged = zxcvbn(password[:_MOST_JUDGED], user_inputs=sorted(known))
    if len(left) < len(password) and len(set(left)) < FEWEST_OWN:
        why = OWN_WORDS
    elif judged["score"] < LOWEST_SCORE:
        why = WEAKNESSES.get(judged["sequence"][0]["pattern"], OTHERWISE)
    else:
        return
    raise RuleBroken(f"That password is too easy to guess. {why}", field="new_password")
