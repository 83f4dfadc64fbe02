"""Passwords: argon2id, the same time spent whether or not the person exists."""

import os
import secrets
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.domain.errors import RuleBroken

SHORTEST, LONGEST = 12, 128

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
            return _hasher.verify(stored_hash or _nobody, password) and stored_hash is not None
        except (VerificationError, InvalidHashError):
            return False


def needs_rehash(stored_hash: str) -> bool:
    """Whether the hash was made at another cost than today's."""
    return _hasher.check_needs_rehash(stored_hash)


def check_new(password: str, *, user_id: str) -> None:
    """RuleBroken, with a sentence, when the password is too weak to choose."""
    if len(password) < SHORTEST:
        raise RuleBroken(
            f"Use at least {SHORTEST} characters. Three or four unrelated words do well.", field="new_password"
        )
    if len(password) > LONGEST:
        raise RuleBroken(f"Use {LONGEST} characters at most.", field="new_password")
    if user_id.casefold() in password.casefold() or len(set(password)) < 5:
        raise RuleBroken(
            "That password is too easy to guess. Choose one without your user ID and repetition.", field="new_password"
        )


def make_first() -> str:
    """A random password that can be read out; it must be changed at the first sign-in."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(5)) for _ in range(3))
