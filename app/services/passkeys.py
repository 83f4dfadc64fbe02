"""Passkeys as second factors: what the browser is asked to sign, and whether it did."""

import json
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.access.actor import current_actor, needs
from app.access.tenancy import compare_and_set
from app.domain import clock
from app.domain.errors import RuleBroken
from app.domain.roles import Permission
from app.extensions import db
from app.models import SecondFactor, User, UserSession
from app.services import encryption, second_factors

GOOD_FOR_SECONDS = 300
LONGEST_ANSWER = 20_000
NOT_ACCEPTED = "That passkey was not accepted. Try again, or use another way."
STALE = "That took too long, or was sent twice. Try again."

_rp_id, _origin = "localhost", "http://localhost:5000"


def configure(*, base_url: str) -> None:
    """Set where passkeys are good for, by the address people use; called once at start-up.

    Browsers take no number for a name, so on one's own machine that is localhost.
    """
    global _rp_id, _origin
    parts = urlsplit(base_url)
    _rp_id = parts.hostname or "localhost"
    if _rp_id in ("127.0.0.1", "::1"):
        _rp_id = "localhost"
    _origin = f"{parts.scheme}://{_rp_id}" + (f":{parts.port}" if parts.port else "")


def origin() -> str:
    """Where passkeys are made and used."""
    return _origin


def has_any(user_pk: int) -> bool:
    """Whether a person has a passkey."""
    return bool(_keys_of(user_pk))


def _keys_of(user_pk: int) -> list[SecondFactor]:
    return [factor for factor in second_factors.list_of(user_pk) if factor.kind == "passkey"]


def _library() -> Any:
    """webauthn, loaded when it is first used: that takes an eighth of the time the service needs to start."""
    import webauthn

    return webauthn


def _descriptors(user_pk: int) -> list[Any]:
    helpers = _library().helpers
    ids = [helpers.base64url_to_bytes(key.credential_id or "") for key in _keys_of(user_pk)]
    return [helpers.structs.PublicKeyCredentialDescriptor(id=pk) for pk in ids]


@needs(Permission.ACCOUNT_OWN)
def offer_new() -> str:
    """What a browser needs to make a passkey, as JSON."""
    second_factors.check_proved()
    actor = current_actor()
    second_factors.check_room(actor.user_pk or 0)
    wanted = _library().helpers.structs
    options = _library().generate_registration_options(
        rp_id=_rp_id,
        rp_name=second_factors.ISSUER,
        user_name=actor.user_id,
        user_display_name=actor.name,
        user_id=encryption.keyed_hash(f"passkey owner {actor.user_pk}").encode(),
        exclude_credentials=_descriptors(actor.user_pk or 0),
        authenticator_selection=wanted.AuthenticatorSelectionCriteria(
            resident_key=wanted.ResidentKeyRequirement.DISCOURAGED,
            user_verification=wanted.UserVerificationRequirement.PREFERRED,
        ),
    )
    keep_challenge(actor.session_pk or 0, "add", options.challenge)
    return str(_library().options_to_json(options))


@needs(Permission.ACCOUNT_OWN)
def add(answer: str, name: str) -> list[str]:
    """Keep the passkey a browser made; with the first factor come recovery codes, which are returned."""
    second_factors.check_proved()
    actor = current_actor()
    second_factors.check_room(actor.user_pk or 0)
    challenge = take_challenge(actor.session_pk or 0, "add")
    try:
        made = _library().verify_registration_response(
            credential=_read(answer), expected_challenge=challenge, expected_rp_id=_rp_id, expected_origin=_origin
        )
    except RuleBroken:
        raise
    except Exception as refusal:  # whatever a made-up answer sets off in the library, it is no passkey
        raise RuleBroken(NOT_ACCEPTED) from refusal
    now = clock.now()
    factor = SecondFactor(
        user_id=actor.user_pk,
        organisation_id=actor.organisation_id,
        kind="passkey",
        name=name.strip()[:60] or "Passkey",
        made_at=now,
        confirmed_at=now,
        credential_id=_library().helpers.bytes_to_base64url(made.credential_id),
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
    )
    db.session.add(factor)
    try:
        db.session.flush()
    except IntegrityError as taken:
        db.session.rollback()
        raise RuleBroken("That passkey was added already.") from taken
    return second_factors.tell_of_new(factor)


def offer_use(session_pk: int, user: User) -> str:
    """What a browser needs to use one of a person's passkeys, as JSON; part of signing in and of proving."""
    options = _library().generate_authentication_options(
        rp_id=_rp_id,
        allow_credentials=_descriptors(user.id),
        user_verification=_library().helpers.structs.UserVerificationRequirement.PREFERRED,
    )
    keep_challenge(session_pk, "use", options.challenge)
    return str(_library().options_to_json(options))


def is_answered(session_pk: int, user_pk: int, answer: str) -> bool:
    """Whether one of the person's passkeys signed the session's challenge, which is used up by asking."""
    try:
        challenge, credential = take_challenge(session_pk, "use"), _read(answer)
    except RuleBroken:
        return False
    keys = {key.credential_id: key for key in _keys_of(user_pk)}
    key = keys.get(str(credential.get("id")))
    if key is None:
        return False
    try:
        signed = _library().verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=_rp_id,
            expected_origin=_origin,
            credential_public_key=key.public_key or b"",
            credential_current_sign_count=key.sign_count,
        )
    except Exception:  # as above; a counter that goes back is a copied passkey
        return False
    used = {"sign_count": signed.new_sign_count, "last_used_at": clock.now()}
    return compare_and_set(key, {"sign_count": key.sign_count}, used)


def _read(answer: str) -> dict[str, Any]:
    try:
        read = json.loads(answer) if len(answer) <= LONGEST_ANSWER else None
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise RuleBroken(NOT_ACCEPTED)
    return read


def keep_challenge(session_pk: int, purpose: str, challenge: bytes) -> None:
    """Keep what is to be signed next in this session, and for what; part of offering."""
    session = db.session.get_one(UserSession, session_pk)
    session.challenge = f"{purpose} {int(clock.now().timestamp())} {_library().helpers.bytes_to_base64url(challenge)}"


def take_challenge(session_pk: int, purpose: str) -> bytes:
    """What was to be signed, once; RuleBroken when there is nothing, it is old, or it was for something else."""
    wanted = select(UserSession).where(UserSession.id == session_pk).execution_options(populate_existing=True)
    session = db.session.scalars(wanted).one()
    kept = session.challenge
    if kept is None or not compare_and_set(session, {"challenge": kept}, {"challenge": None}):
        raise RuleBroken(STALE)
    kept_for, made_at, challenge = kept.split(" ")
    age = int(clock.now().timestamp()) - int(made_at)
    if kept_for != purpose or not 0 <= age <= GOOD_FOR_SECONDS:
        raise RuleBroken(STALE)
    return bytes(_library().helpers.base64url_to_bytes(challenge))
