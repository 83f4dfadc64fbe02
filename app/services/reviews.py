"""Reviews of who has access: beginning one, and answering for each person. What time does is in services.reviews_due.

Access that is withdrawn in a review is closed whole: the person is disabled, so that one act ends everything at once
and enabling them again brings back what they had.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import selectinload, with_expression

from app.access.actor import current_actor, needs
from app.domain import clock
from app.domain.approvals import MANY, Act
from app.domain.errors import DomainError, NotAllowed, NotFound, RuleBroken
from app.domain.item import show_date
from app.domain.mail import MailKind
from app.domain.reasons import read_reason
from app.domain.reviews import LONGEST, Answer, reminders_by
from app.domain.roles import Permission
from app.extensions import db
from app.models import Deputy, Grant, Organisation, Review, ReviewAnswer, ServiceGrant, User
from app.services import access_rules, approvals, audit, keepers, mail, people
from app.services.locking import for_change
from app.services.people_bulk import MOST_AT_ONCE, Outcome

GONE = "There is no such review."
WHERE = "/reviews/"


@needs(Permission.REVIEW_START)
def start_review(due_on: date, *, organisation_id: int | None = None) -> Review:
    """Ask about everybody of an organisation who may sign in; each is confirmed or withdrawn by the last day."""
    actor, today = current_actor(), clock.today()
    pk = actor.meant_organisation_id if organisation_id is None else organisation_id
    organisation = db.session.scalar(for_change(select(Organisation).where(Organisation.id == pk)))
    if organisation is None or not actor.manages(organisation.id):
        raise RuleBroken("Choose an organisation that you look after.", field="organisation")
    if not today < due_on <= today + LONGEST:
        raise RuleBroken(f"Choose a last day from tomorrow to {show_date(today + LONGEST)}.", field="due_on")
    running = select(Review).where(Review.organisation_id == organisation.id, Review.closed_at.is_(None))
    if other := db.session.scalar(running):
        raise RuleBroken(
            f"{organisation.name} has a review that is not finished, with {show_date(other.due_on)} as its last day. "
            "Finish it first."
        )
    asked = select(User).where(User.organisation_id == organisation.id, User.is_active).order_by(User.id)
    found = list(db.session.scalars(asked.options(selectinload(User.grants), selectinload(User.services))))
    if not found:
        raise RuleBroken(f"Nobody of {organisation.name} may sign in, so there is nobody to review.")
    review = Review(
        organisation_id=organisation.id,
        started_at=clock.now(),
        started_by=actor.name,
        started_by_id=actor.user_pk,
        due_on=due_on,
        people_count=len(found),
        reminder_count=reminders_by((due_on - today).days),
    )
    db.session.add(review)
    db.session.flush()
    db.session.add_all(_line(review, user) for user in found)
    audit.record("review:start", review, after={"due_on": str(due_on), "people": len(found)})
    sentence = f"Review who has access in {organisation.name[:80]} by {show_date(due_on)}."
    keepers.tell(organisation.id, sentence, WHERE)
    for keeper in keepers.list_keepers(organisation.id):
        if keeper.id != actor.user_pk:
            mail.post(MailKind.REVIEW_ASKED, to=keeper, key=f"review {review.id}", due_on=due_on, link=WHERE)
    return review


def _line(review: Review, user: User) -> ReviewAnswer:
    today = clock.today()
    held: tuple[Grant | ServiceGrant, ...] = (*user.services, *user.grants)
    return ReviewAnswer(
        review_id=review.id,
        organisation_id=review.organisation_id,
        user_id=user.id,
        name=user.name,
        sign_in_name=user.user_id,
        last_signed_in_at=user.last_signed_in_at,
        held=[_holding(grant) for grant in held if grant.ends_on is None or grant.ends_on >= today],
    )


def _holding(grant: Grant | ServiceGrant) -> dict[str, Any]:
    return {
        "access": grant.role if isinstance(grant, Grant) else grant.service,
        "starts_on": str(grant.starts_on),
        "ends_on": str(grant.ends_on) if grant.ends_on else None,
        "granted_by": grant.granted_by,
        "granted_at": grant.granted_at.isoformat() if grant.granted_at else None,
    }


@needs(Permission.USER_CHANGE)
def confirm_people(review_pk: int, pks: Sequence[int]) -> Outcome:
    """Confirm the access of people asked about, lines of one review, in this transaction.

    All are within reach, or NotFound and none is answered. Whoever may not be answered for, or was meanwhile, stays.
    """
    return _answer_many(review_pk, _take_lines(review_pk, pks), _confirm, Answer.CONFIRMED, "")


@needs(Permission.USER_CHANGE)
def withdraw_people(review_pk: int, pks: Sequence[int], *, reason: str) -> Outcome:
    """Withdraw the access of people asked about by disabling them, as `confirm_people` confirms it.

    Several at once are disabled in bulk, which an organisation may have approved first: then their lines stay open
    until that is done, which settles them.
    """
    words = read_reason(reason)
    lines = _take_lines(review_pk, pks)
    if len(lines) >= MANY and (waiting := _ask_first(lines, words)):
        return waiting

    def disable(user: User) -> None:
        people.disable_user(user.id, reason=f"Access review: {words}")

    return _answer_many(review_pk, lines, disable, Answer.WITHDRAWN, words)


def _confirm(user: User) -> None:
    audit.record("review:confirm", user)


def _answer_many(
    review_pk: int, lines: Sequence[ReviewAnswer], act: Callable[[User], None], answer: Answer, words: str
) -> Outcome:
    done, left = 0, []
    for line in lines:
        name = str(line)
        try:
            user = _check_answer(line)
            act(user)
            line.last_signed_in_at = user.last_signed_in_at
            write_answer(line, answer, words)
            done += 1
        except NotFound:
            left.append((name, "Deleted meanwhile, so there is nothing to answer."))
        except DomainError as refusal:
            left.append((name, refusal.message))
    settle(review_pk)
    return Outcome(done, left, [])


def _take_lines(review_pk: int, pks: Sequence[int]) -> list[ReviewAnswer]:
    """Lines of one review within reach, their people locked; NotFound when one of them is not."""
    if len(set(pks)) > MOST_AT_ONCE:
        raise RuleBroken(f"Choose {MOST_AT_ONCE} people at most.")
    wanted = select(ReviewAnswer).where(ReviewAnswer.review_id == review_pk, ReviewAnswer.id.in_(pks))
    lines = list(db.session.scalars(wanted.order_by(ReviewAnswer.name, ReviewAnswer.id)))
    if not lines or len(lines) != len(set(pks)):
        raise NotFound(GONE)
    access_rules.lock_people(line.user_id for line in lines)
    return lines


def _ask_first(lines: Sequence[ReviewAnswer], reason: str) -> Outcome | None:
    """The request for approval of disabling these people, and who cannot be; None where none is needed."""
    users, left = [], []
    for line in lines:
        name = str(line)
        try:
            _check_answer(line)
            users.append(people.check_disabling(line.user_id))
        except DomainError as refusal:
            left.append((name, refusal.message))
    pks = [user.id for user in users]
    if len(users) < MANY or not approvals.is_needed(Act.BULK_DISABLE, users[0].organisation_id, None, pks):
        return None
    asked = approvals.ask(Act.BULK_DISABLE, users[0].organisation_id, users, f"Access review: {reason}")
    return Outcome(0, left, [asked])


def _check_answer(line: ReviewAnswer) -> User:
    """The person, when the actor may answer for them now; the line is read afresh."""
    user = access_rules.take(line.user_id)
    lock_line(line.id)
    if line.answer:
        raise RuleBroken(f"Answered already by {line.answered_by}: {Answer(line.answer).label.lower()}.")
    _check_not_deputy(user)
    access_rules.check_manage(current_actor(), user, access_rules.NO_GRANTS)
    if not user.is_active:
        raise RuleBroken("Disabled meanwhile, so there is nothing to answer.")
    return user


def _check_not_deputy(user: User) -> None:
    """A deputy has the hands of the LSO who appointed them, and nobody answers for themselves."""
    mine = select(Deputy.id).where(Deputy.user_id == current_actor().user_pk, Deputy.delegator_id == user.id)
    today = clock.today()
    running = mine.where(Deputy.ended_at.is_(None), Deputy.starts_on <= today, Deputy.ends_on >= today)
    if db.session.scalar(running) is not None:
        raise NotAllowed("You are their deputy. Another LSO answers for them, or Xoserve.")


def lock_line(pk: int) -> ReviewAnswer:
    """A line about to be answered, as whoever answered last left it; its person is locked before."""
    return db.session.scalars(for_change(select(ReviewAnswer).where(ReviewAnswer.id == pk))).one()


def write_answer(line: ReviewAnswer, answer: Answer, reason: str = "") -> None:
    """Note what became of a line; part of the verbs that answer it."""
    line.answer, line.reason = answer.value, reason
    line.answered_at, line.answered_by = clock.now(), current_actor().name
    line.kept_because, line.disabled_on = "", None


def settle(review_pk: int) -> None:
    """Note who left meanwhile, and close a review in which nobody is without an answer; part of every answer."""
    review = db.session.scalars(for_change(select(Review).where(Review.id == review_pk))).one()
    unanswered = select(ReviewAnswer).where(ReviewAnswer.review_id == review.id, ReviewAnswer.answer == "")
    gone = unanswered.join(User, User.id == ReviewAnswer.user_id).where(User.is_active.is_(False))
    for line in db.session.scalars(gone.execution_options(populate_existing=True)):
        write_answer(line, Answer.LEFT)
    if review.closed_at is None and db.session.scalar(unanswered.limit(1)) is None:
        review.closed_at = clock.now()
        audit.record("review:close", review)
        keepers.tell(
            review.organisation_id,
            f"Everybody is answered for: the access review to {show_date(review.due_on)} is finished.",
            WHERE,
        )


def with_progress(statement: Select[Any]) -> Select[Any]:
    """Reviews with how many lines have an answer, and the name of their organisation."""
    answered = select(func.count(ReviewAnswer.id)).where(ReviewAnswer.review_id == Review.id, ReviewAnswer.answer != "")
    organisation = select(Organisation.name).where(Organisation.id == Review.organisation_id)
    return statement.options(
        with_expression(Review.answered_count, answered.correlate(Review).scalar_subquery()),
        with_expression(Review.organisation_name, organisation.correlate(Review).scalar_subquery()),
    )


def select_lines(review_pk: int, answer: str | None = None) -> Select[ReviewAnswer, bool, datetime | None]:
    """The lines of a review with each person, those without an answer first, by name; or those of one answer."""
    conditions = [ReviewAnswer.review_id == review_pk]
    if answer is not None:
        conditions.append(ReviewAnswer.answer == answer)
    wanted = select(ReviewAnswer, User.is_active, User.last_signed_in_at).join(User, User.id == ReviewAnswer.user_id)
    return wanted.where(*conditions).order_by(ReviewAnswer.answer != "", ReviewAnswer.name, ReviewAnswer.id)


def count_by_answer(review_pk: int) -> dict[Answer, int]:
    """How many lines of a review have each answer, those that none has left out."""
    counts = select(ReviewAnswer.answer, func.count(ReviewAnswer.id)).where(ReviewAnswer.review_id == review_pk)
    found = {row[0]: row[1] for row in db.session.execute(counts.group_by(ReviewAnswer.answer))}
    return {answer: found[answer] for answer in Answer if answer in found}


def list_running(most: int) -> list[Review]:
    """The reviews within reach that are not finished, first to end first."""
    wanted = with_progress(select(Review).where(Review.closed_at.is_(None)))
    return list(db.session.scalars(wanted.order_by(Review.due_on, Review.id).limit(most)))
