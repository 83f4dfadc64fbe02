"""Ids and page tokens that tell nobody how many rows others have.

A row's number counts the rows of all organisations, so it never leaves as it is: in an address it is spread like a
contact's reference, and page tokens are encrypted. Both keys come from the service's secret.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache

from flask import current_app

from app.domain.identifiers import make_reference, parse_reference, reference_number

_NONCE, _TAG = 8, 16


def _secret() -> str:
    return str(current_app.secret_key)


@lru_cache(maxsize=16)
def _key(purpose: str, secret: str) -> bytes:
    return hashlib.blake2b(secret.encode(), digest_size=32, person=purpose.encode()).digest()


@lru_cache(maxsize=4)
def _number(secret: str) -> int:
    return int.from_bytes(_key("ids", secret)[:8])


# A list asks for each of its rows three times.
@lru_cache(maxsize=4000)
def _encode(pk: int, secret: str) -> str:
    return make_reference(pk, _number(secret))


def encode_id(pk: int) -> str:
    """The id as it stands in addresses."""
    return _encode(pk, _secret())


def decode_id(text: str) -> int | None:
    """The id behind an address, or None when there cannot be one."""
    canonical = parse_reference(text) if len(text) < 30 else None
    return None if canonical != text else reference_number(canonical, _number(_secret()))


def seal(text: str) -> str:
    """Text that only this service can read or make; safe in an address."""
    nonce = secrets.token_bytes(_NONCE)
    body = _mask(text.encode(), nonce)
    return urlsafe_b64encode(nonce + _tag(nonce + body) + body).decode().rstrip("=")


def unseal(token: str) -> str | None:
    """What `seal` was given, or None for anything else."""
    try:
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return None
    nonce, tag, body = raw[:_NONCE], raw[_NONCE : _NONCE + _TAG], raw[_NONCE + _TAG :]
    if not hmac.compare_digest(tag, _tag(nonce + body)):
        return None
    return _mask(body, nonce).decode()


def _mask(data: bytes, nonce: bytes) -> bytes:
    """XOR with a key stream of this nonce; twice gives the same back."""
    stream = hashlib.shake_256(_key("page tokens", _secret()) + nonce).digest(len(data))
    return bytes(a ^ b for a, b in zip(data, stream, strict=True))


def _tag(data: bytes) -> bytes:
    return hashlib.blake2b(data, key=_key("token tags", _secret()), digest_size=_TAG).digest()
