"""A passkey made of software, and every way in which one could lie."""

import hashlib
import json
import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

USER_PRESENT, USER_VERIFIED, HAS_KEY = 0x01, 0x04, 0x40


def encode(raw: bytes) -> str:
    """As WebAuthn writes bytes."""
    return urlsafe_b64encode(raw).decode().rstrip("=")


def decode(text: str) -> bytes:
    """And back."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Authenticator:
    """One passkey; `count` is how often it signed, as it says itself."""

    def __init__(self, origin: str = "http://localhost:5000", rp_id: str = "localhost") -> None:
        self.origin, self.rp_id = origin, rp_id
        self.id = secrets.token_bytes(32)
        self.count = 0
        self._key = ec.generate_private_key(ec.SECP256R1())

    def _client_data(self, kind: str, challenge: str, changes: dict[str, Any]) -> bytes:
        data = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(data | changes).encode()

    def _authenticator_data(self, flags: int, rp_id: str | None) -> bytes:
        self.count += 1
        return hashlib.sha256((rp_id or self.rp_id).encode()).digest() + struct.pack(">BI", flags, self.count)

    def make(self, options: str, *, rp_id: str | None = None, flags: int = USER_PRESENT, **changes: Any) -> str:
        """The answer to being asked for a new passkey."""
        asked = json.loads(options)
        numbers = self._key.public_key().public_numbers()
        key = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        made = self._authenticator_data(flags | HAS_KEY, rp_id)
        made += b"\0" * 16 + struct.pack(">H", len(self.id)) + self.id + cbor2.dumps(key)
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": made})
        client_data = self._client_data("webauthn.create", asked["challenge"], changes)
        return self._answer({"clientDataJSON": encode(client_data), "attestationObject": encode(attestation)})

    def use(self, options: str, *, rp_id: str | None = None, flags: int = USER_PRESENT, **changes: Any) -> str:
        """The answer to being asked to sign."""
        asked = json.loads(options)
        made = self._authenticator_data(flags, rp_id)
        client_data = self._client_data("webauthn.get", asked["challenge"], changes)
        signature = self._key.sign(made + hashlib.sha256(client_data).digest(), ec.ECDSA(SHA256()))
        return self._answer(
            {
                "clientDataJSON": encode(client_data),
                "authenticatorData": encode(made),
                "signature": encode(signature),
            }
        )

    def _answer(self, response: dict[str, str]) -> str:
        return json.dumps({"id": encode(self.id), "rawId": encode(self.id), "type": "public-key", "response": response})
