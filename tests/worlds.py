"""A world in which alder and birch both own a row of everything, every text of birch's holding a canary."""

import io
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask
from openpyxl import Workbook
from sqlalchemy import select

from app import jobs
from app.access.actor import SYSTEM, Actor, acting_as
from app.domain import clock
from app.domain.lifecycle import Action
from app.domain.mail import MailKind
from app.domain.spans import Span
from app.extensions import db
from app.imports import pipeline
from app.imports.people import pipeline as people_pipeline
from app.models import (
    Approval,
    Notification,
    OutgoingMail,
    RecoveryCode,
    ReviewAnswer,
    SecondFactor,
    SupportRequest,
    User,
    UserSession,
)
from app.services import (
    acting,
    approving,
    contact_bulk,
    contact_types,
    contacts,
    deputies,
    drafts,
    grants,
    links,
    mail,
    reviews,
    saved_views,
    sessions,
    support,
)
from app.services.request_keys import once
from app.views import public_ids
from tests.cast import PASSWORD, PEOPLE

CANARY = "QZXCANARYQZX"
LSOS = {"alder": "lena", "birch": "bea"}
MPRNS = {"alder": "3938424403", "birch": "7400000108"}


@dataclass(frozen=True)
class Owned:
    """What one organisation owns in the busy world."""

    reference: str
    upload_id: int
    user_pk: int
    organisation_id: int
    event_id: int
    # The same as they stand in addresses.
    upload_code: str
    user_code: str
    event_code: str
    notification_code: str
    view_code: str
    job_code: str
    mail_code: str
    # A request for approval that was withdrawn.
    approval_code: str
    # Of Xoserve's own: a request that somebody made for this organisation.
    support_code: str
    # Somebody who was deputy for a moment.
    deputy_code: str
    # A review that is not finished.
    review_code: str
    factor_code: str
    session_code: str
    # A file of people.
    people_upload_code: str


def answers(mprn: str, text: str) -> dict[str, str]:
    """Good answers to an ADD contact."""
    return {
        "MPRN": mprn,
        "ADDRESS_REASON": "SPELLING",
        "ADDRESS": f"1 {text} Street",
        "POSTCODE": "B91 3QL",
        "DESCRIPTION": f"The house number of {text} is wrong.",
        "OWN_REFERENCE": f"{text[:20]}/1",
    }


def raise_one(mprn: str, text: str, type_code: str = "ADD") -> str:
    """Raise a contact as the current actor; its reference."""
    definition = contact_types.get_definition(type_code)
    draft, errors = drafts.check(definition, answers(mprn, text).get)
    assert not errors, errors
    return contacts.raise_contacts([draft], {type_code: definition}, channel="screen")[0][1]


def workbook(rows: list[list[object]]) -> bytes:
    """An .xlsx with the ADD header and these rows."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(
        [
            "MPRN",
            "What is wrong with the address",
            "Correct address",
            "Correct postcode",
            "Description",
            "Your reference",
        ]
    )
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def make_busy(app: Flask) -> dict[str, Owned]:
    """Let alder and birch each raise, upload, be asked and answer; what each owns by organisation name."""
    return {name: _make_one(app, member, name) for name, member in (("alder", "ann"), ("birch", "bob"))}


def _add_personal_rows(actor: Actor, text: str) -> tuple[int, int, int]:
    """A saved view, a job that moves nothing and a mail; their ids."""
    assert actor.user_pk is not None
    mail.post(MailKind.ROLE_WITHDRAWN, to=actor.user_pk, role=text)
    mail_id = db.session.scalars(select(OutgoingMail.id).where(OutgoingMail.user_id == actor.user_pk)).one()
    view = saved_views.save_view("contacts", text, "q=" + text, is_shared=False)
    job = contact_bulk.move_later({"status": "withdrawn"}, "withdraw", up_to=0, message=text)
    return view.id, job.id, mail_id


def _ask_for_support(text: str) -> int:
    """A support request that names this organisation; its id."""
    typed = {"organisation_typed": text, "name": text, "email": f"{text}@example.com", "need": f"{text} needs help."}
    support.ask_for_support(typed, key=f"{text}-support-request", address="127.0.0.1")
    with acting_as(SYSTEM):
        return db.session.scalars(select(SupportRequest.id).order_by(SupportRequest.id.desc())).first() or 0


def _appoint(organisation: str, member: str, text: str) -> int:
    """Let the LSO of an organisation appoint a deputy and end it again; its id."""
    lso = sessions.actor_of(PEOPLE[LSOS[organisation]].user_id)
    assert lso is not None
    days = Span(clock.today(), clock.today() + timedelta(days=7))
    with acting_as(lso):
        deputy = deputies.appoint_deputy(PEOPLE[member].user_id, days, powers=["grants"], reason=f"{text} is away")
        deputies.end_deputy(deputy.id, reason=f"{text} is back")
        db.session.commit()
        return deputy.id


def _review(organisation: str, member: str, text: str) -> int:
    """Let the LSO of an organisation begin a review and confirm a member; its id."""
    lso = sessions.actor_of(PEOPLE[LSOS[organisation]].user_id)
    assert lso is not None
    with acting_as(lso):
        review = reviews.start_review(clock.today() + timedelta(days=30))
        asked = select(ReviewAnswer).where(ReviewAnswer.sign_in_name == PEOPLE[member].user_id)
        line = db.session.scalars(asked).one()
        reviews.confirm_people(review.id, [line.id])
        line.reason = text
        db.session.commit()
        return review.id


def _ask_for_approval(organisation: str, member: str, text: str) -> int:
    """Let the LSO of an organisation ask for a second LSO and withdraw it again; the request's id."""
    lso = sessions.actor_of(PEOPLE[LSOS[organisation]].user_id)
    member_of = sessions.actor_of(PEOPLE[member].user_id)
    assert lso is not None and member_of is not None
    with acting_as(lso):
        asked = grants.grant_role(member_of.user_pk or 0, "lso", Span(clock.today()), reason=f"{text} needs two")
        assert isinstance(asked, Approval)
        approving.withdraw_request(asked.id, why=f"{text} thought better of it")
        db.session.commit()
        return asked.id


def _upload_people(organisation: str, text: str) -> int:
    """Let the LSO of an organisation change somebody's name by a file and disable nobody; the upload's id."""
    lso = sessions.actor_of(PEOPLE[LSOS[organisation]].user_id)
    assert lso is not None
    header, member = "Action,User ID,Name,Reason\n", {"alder": "ALD-RAE", "birch": "BIR-BOB"}[organisation]
    content = f"{header}Change,{member},{text},\nDisable,{text},,{text}\n".encode()
    with acting_as(lso):
        upload_id = people_pipeline.receive_upload(f"{text}-people.csv", content).id
        db.session.commit()
        people_pipeline.check_upload(upload_id, lambda done, total: None)
        people_pipeline.begin_commit(upload_id)
        db.session.commit()
        people_pipeline.commit_chunks(upload_id, lambda done, total: None)
        db.session.commit()
    return upload_id


def _act_for(organisation_id: int, text: str) -> None:
    """Let the Xoserve LSO act for an organisation and stop again."""
    times = {"idle": timedelta(hours=1), "longest": timedelta(hours=1)}
    token = sessions.sign_in(PEOPLE["xena"].user_id, PASSWORD, address="127.0.0.1", browser="Busy")
    for verb in (lambda: acting.begin_acting(organisation_id, f"{text} asked for it"), acting.end_acting):
        xena = sessions.resume(token, **times)
        assert xena is not None
        with acting_as(xena):
            verb()
            db.session.commit()


def _add_sign_in_rows(actor: Actor, text: str) -> tuple[int, int]:
    """An invitation, a recovery code and a second factor that is not confirmed, so that nobody is asked for it.

    The ids of the factor and of the person's session.
    """
    now, own = clock.now(), {"user_id": actor.user_pk, "organisation_id": actor.organisation_id}
    with acting_as(SYSTEM):
        links.invite(db.session.get_one(User, actor.user_pk))
        factor = SecondFactor(kind="passkey", name=text, made_at=now, credential_id=f"{text}-key", **own)
        db.session.add_all([factor, RecoveryCode(code_hash=f"{text}-code", made_at=now, **own)])
        db.session.commit()
        session_id = db.session.scalars(select(UserSession.id).where(UserSession.user_id == actor.user_pk)).one()
        return factor.id, session_id


def _make_one(app: Flask, member: str, organisation: str) -> Owned:
    text = CANARY if organisation == "birch" else "Alder"
    mprn = MPRNS[organisation]
    with app.app_context():
        sessions.sign_in(PEOPLE[member].user_id, PASSWORD, address="127.0.0.1", browser=text)
        actor = sessions.actor_of(PEOPLE[member].user_id)
        ada = sessions.actor_of(PEOPLE["ada"].user_id)
        assert actor is not None and ada is not None
        with acting_as(actor):
            reference = once(f"{organisation}-request-key-1", lambda: raise_one(mprn, text))
            rows: list[list[object]] = [
                [mprn, "SPELLING", f"2 {text} Street", "B91 3QL", f"{text} again", f"{text}/2"],
                ["1", "", "", "", text],
            ]
            upload = pipeline.receive_and_check_later(f"{text}.xlsx", workbook(rows), "ADD")
            upload_id = upload.id
            db.session.commit()
        for waiting_id in jobs.list_waiting():
            jobs.run(waiting_id)
        with acting_as(ada):
            contacts.perform(reference, Action.CLAIM, version=1)
            contacts.perform(reference, Action.ASK, version=2, message=f"Which {text}?")
            db.session.commit()
        with acting_as(actor):
            contact = contacts.perform(reference, Action.ANSWER, version=3, message=f"The {text} one.")
            event_id = contacts.list_timeline(contact)[0][0].id
            view_id, job_id, mail_id = _add_personal_rows(actor, text)
            pipeline.start_commit(upload_id)
            db.session.commit()
        for waiting_id in jobs.list_waiting():
            jobs.run(waiting_id)
        with acting_as(actor):
            about_contact = select(Notification.id).where(Notification.url == f"/contacts/{reference}/")
            told = db.session.scalars(about_contact.order_by(Notification.id)).first()
        _act_for(actor.organisation_id, text)
        numbers = (upload_id, actor.user_pk or 0, event_id, told or 0, view_id, job_id, mail_id)
        numbers += (_ask_for_approval(organisation, member, text),)
        numbers += (_ask_for_support(text), _appoint(organisation, member, text))
        numbers += (_review(organisation, member, text), *_add_sign_in_rows(actor, text))
        numbers += (_upload_people(organisation, text),)
        codes = [public_ids.encode_id(number) for number in numbers]
        return Owned(reference, upload_id, actor.user_pk or 0, actor.organisation_id, event_id, *codes)
