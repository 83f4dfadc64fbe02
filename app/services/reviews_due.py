"""What time does to reviews: reminders before the last day, notice after it, and disabling whoever nobody answers for.

Part of the worker's own work: each review and each person in a transaction of its own, under a lock, so that two
workers do it once and a clock moved back does nothing before the day that was told.
"""

from sqlalchemy import or_, select

from app.access.actor import current_actor, needs
from app.domain import clock, reviews
from app.domain.errors import NotFound
from app.domain.item import show_date
from app.domain.mail import MailKind
from app.domain.reviews import REMINDERS, Answer
from app.domain.roles import Permission
from app.extensions import db
from app.models import Organisation, Review, ReviewAnswer, User
from app.services import access_rules, audit, keepers, mail, notifications, people
from app.services.locking import for_change
from app.services.reviews import GONE, WHERE, lock_line, settle, write_answer


def list_running() -> list[int]:
    """Keys of the reviews that are not finished; in those of suspended organisations nobody could answer."""
    wanted = select(Review.id).join(Organisation, Organisation.id == Review.organisation_id)
    return list(db.session.scalars(wanted.where(Review.closed_at.is_(None), Organisation.is_active)))


@needs(Permission.SERVICE_WATCH)
def attend_review(pk: int) -> None:
    """Note who left meanwhile, and remind those who are to answer when a reminder is due."""
    settle(pk)
    review = db.session.scalars(for_change(select(Review).where(Review.id == pk))).one()
    days_left = (review.due_on - clock.today()).days
    due = reviews.reminders_by(days_left)
    if review.closed_at is not None or due <= review.reminder_count:
        return
    review.reminder_count = due
    unanswered = select(ReviewAnswer.user_id).where(ReviewAnswer.review_id == pk, ReviewAnswer.answer == "")
    asked = list(db.session.scalars(unanswered))
    count = len(asked)
    audit.record("review:remind", review, after={"people_left": count})
    people_left = f"{count:,} {'person has' if count == 1 else 'people have'} no answer"
    last_day = show_date(review.due_on)
    if due < len(REMINDERS):
        when = {0: "today", 1: "tomorrow"}.get(days_left, f"on {last_day}")
        keepers.tell(review.organisation_id, f"{people_left} in your access review. It ends {when}.", WHERE)
        _ask_xoserve(review, asked)
        for keeper in keepers.list_keepers(review.organisation_id):
            key = f"review {pk} {due}"
            mail.post(MailKind.REVIEW_REMINDER, to=keeper, key=key, due_on=review.due_on, link=WHERE)
        return
    days = f"{reviews.notice.days} day{'' if reviews.notice.days == 1 else 's'}"
    sentence = f"{people_left} in your access review, which ended on {last_day}. They are disabled in {days}."
    keepers.tell(review.organisation_id, sentence, WHERE)


def _ask_xoserve(review: Review, asked: list[int]) -> None:
    """Remind Xoserve of people for whom nobody of their own organisation can answer: its only LSO above all."""
    answering = [keeper.id for keeper in keepers.list_keepers(review.organisation_id)]
    if any(all(pk == one for one in answering) for pk in asked):
        name = db.session.get_one(Organisation, review.organisation_id).name
        day = show_date(review.due_on)
        sentence = f"The access review of {name[:80]} has somebody whom no LSO of theirs can answer for, by {day}."
        keepers.tell_xoserve(sentence, WHERE)


def list_overdue() -> list[int]:
    """Keys of lines without an answer after the last day, for which something may be due."""
    today = clock.today()
    wanted = (
        select(ReviewAnswer.id)
        .join(Review, Review.id == ReviewAnswer.review_id)
        .join(Organisation, Organisation.id == Review.organisation_id)
        .where(Review.closed_at.is_(None), Review.due_on < today, Organisation.is_active, ReviewAnswer.answer == "")
        .where(or_(ReviewAnswer.disabled_on.is_(None), ReviewAnswer.disabled_on <= today))
    )
    return list(db.session.scalars(wanted.order_by(ReviewAnswer.id)))


@needs(Permission.SERVICE_WATCH)
def attend_line(pk: int) -> None:
    """Give notice to a person nobody answered for, or disable whoever was given it in time.

    The last who runs an organisation's access is never disabled: their line stays open, and Xoserve is told.
    """
    found = select(ReviewAnswer.user_id, Review.id, Review.due_on).join(Review, Review.id == ReviewAnswer.review_id)
    row = db.session.execute(found.where(ReviewAnswer.id == pk)).first()
    if row is None:
        raise NotFound(GONE)
    user_pk, review_pk, due_on = row
    user, line, today = access_rules.take(user_pk), lock_line(pk), clock.today()
    if line.answer or not user.is_active or due_on >= today or (line.disabled_on and line.disabled_on > today):
        return
    refusal = access_rules.refusal_of(current_actor(), user, access_rules.SHUTS_OUT)
    if refusal:
        if line.kept_because != refusal:
            _keep(user, line, refusal)
    elif line.disabled_on is not None:
        people.disable_user(user.id, reason=f"Access review: no answer by {show_date(due_on)}, and none after notice.")
        write_answer(line, Answer.LAPSED)
        settle(review_pk)
    else:
        _give_notice(user, line)


def _keep(user: User, line: ReviewAnswer, refusal: str) -> None:
    line.disabled_on, line.kept_because = None, refusal
    audit.record("review:keep", user, reason=refusal)
    sentence = f"Nobody answered for {user} in the access review, and nobody else can take over. Xoserve answers."
    keepers.tell(user.organisation_id, sentence, WHERE)
    keepers.tell_xoserve(sentence, WHERE)


def _give_notice(user: User, line: ReviewAnswer) -> None:
    line.disabled_on, line.kept_because = clock.today() + reviews.notice, ""
    audit.record("review:notice", user, after={"disabled_on": str(line.disabled_on)})
    day = show_date(line.disabled_on)
    notifications.tell_of_access(
        user, f"Nobody confirmed your access. Your account is disabled on {day} unless an LSO does."
    )
    mail.post(MailKind.REVIEW_NOTICE, to=user, key=f"review line {line.id} {day}", disabled_on=line.disabled_on)
