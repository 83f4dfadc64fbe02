"""What is kept so that a copy of the database alone does not tell it: sealed by keys made from the service's own."""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_seal_key = _hash_key = b""


def configure(*, secret_key: str) -> None:
    """Derive the keys; called once at start-up. Another secret key makes what was sealed unreadable."""
    global _seal_key, _hash_key
    _seal_key = base64.urlsafe_b64encode(_derive(secret_key, b"second factor seeds"))
    _hash_key = _derive(secret_key, b"recovery codes")


def _derive(secret_key: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"cms " + purpose).derive(secret_key.encode())


def seal(text: str) -> str:
    """The text so that only `unseal` reads it; another result each time."""
    return Fernet(_seal_key).encrypt(text.encode()).decode()


def unseal(sealed: str) -> str | None:
    """The text again, or None when it was sealed by another key or altered."""
    try:
        return Fernet(_seal_key).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


def keyed_hash(text: str) -> str:
    """A hash that cannot be searched for without our key."""
    return hmac.new(_hash_key, text.encode(), hashlib.sha256).hexdigest()
