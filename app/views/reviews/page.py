"""One review: a line for each person, confirmed one by one or many at once, withdrawn for a reason."""

from typing import Any

from flask import Flask, current_app, flash, g, redirect, request, url_for
from flask import Response as FileResponse
from flask_admin import expose
from sqlalchemy import select
from werkzeug.wrappers import Response
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from app.access.actor import allowed, current_actor
from app.domain import reviews as rules
from app.domain.errors import NotAllowed, NotFound, RuleBroken
from app.domain.item import show_date
from app.domain.reasons import LONGEST_REASON
from app.domain.reviews import Answer
from app.domain.roles import Permission
from app.exports import reviews as review_export
from app.exports.lists import FORMATS
from app.extensions import db
from app.models import Review, ReviewAnswer
from app.services import reviews
from app.services.people_bulk import MOST_AT_ONCE, Outcome
from app.services.request_keys import find_result, new_key, once
from app.views.fields import no_control_characters
from app.views.form_bases import BaseForm
from app.views.list_export import in_scope
from app.views.listing_selection import Which, read_picks, read_which
from app.views.people.asking import asked_words
from app.views.public_ids import decode_id, encode_id
from app.views.reviews.listing import ReviewListPage
from app.views.reviews.words import answer_tag, held_words, progress_words, state_of
from app.views.words import show_instant

PAGE, MOST_NAMED = 100, 20
MAY_NOT = "Your roles do not allow answering in a review."


class WithdrawForm(BaseForm):
    """Why access is withdrawn."""

    reason = TextAreaField(
        "Reason",
        [InputRequired("Say why. The person's history keeps it."), Length(max=LONGEST_REASON), no_control_characters],
        description="Kept in the history, where your organisation's LSOs and Xoserve read it.",
        render_kw={"rows": 3, "maxlength": LONGEST_REASON - len("Access review: ")},
    )


class ReviewPage(ReviewListPage):
    """The list of reviews, and each one's own page."""

    permission = Permission.USER_READ

    @expose("/details/")
    def details_view(self) -> str:
        review = self.get_one(request.args.get("id"))
        counts = reviews.count_by_answer(review.id)
        shown, number = _read_place(counts)
        wanted = reviews.select_lines(review.id, shown).offset((number - 1) * PAGE).limit(PAGE + 1)
        found = db.session.execute(wanted).all()
        actor = current_actor()
        may_answer = (
            review.closed_at is None and allowed(reviews.confirm_people) and actor.manages(review.organisation_id)
        )
        open_lines = [line for line, is_active, _ in found[:PAGE] if not line.answer and is_active]
        return self.render(
            "pages/reviews/review.html",
            title=f"Access review of {review.organisation_name} to {show_date(review.due_on)}",
            review=review,
            code=self.address_id(review),
            state=state_of(review),
            progress=progress_words(review),
            lines=found[:PAGE],
            counts=counts,
            shown=shown,
            people_shown=review.people_count if shown is None else counts.get(Answer(shown), 0),
            number=number,
            has_more=len(found) > PAGE,
            pickable={one.id: encode_id(one.id) for one in open_lines if may_answer and not _is_own(one)},
            may_answer=may_answer,
            own_pk=actor.user_pk,
            notice_days=rules.notice.days,
            answer_tag=answer_tag,
            held_words=held_words,
            show_instant=show_instant,
        )

    def _back(self, review: Review) -> str:
        answer, page = request.args.get("answer"), request.args.get("page")
        return url_for(".details_view", id=self.address_id(review), answer=answer, page=page)

    @expose("/<code>/answer/", methods=("POST",))
    def answer_view(self, code: str) -> str | Response:
        """Confirm those chosen, or ask why they are withdrawn."""
        if not allowed(reviews.confirm_people):
            raise NotAllowed(MAY_NOT)
        review = self.get_one(code)
        act, picks = self._read_act(review)
        if not picks:
            flash("Choose at least one person first.", "warning")
            return redirect(self._back(review))
        if len(picks) > MOST_AT_ONCE:
            raise RuleBroken(f"Choose {MOST_AT_ONCE} people at most at once.")
        if act == "withdraw":
            return self._ask_why(review, picks, WithdrawForm(formdata=None), new_key())
        _say("confirmed", reviews.confirm_people(review.id, picks))
        return redirect(self._back(review))

    def _read_act(self, review: Review) -> tuple[str, list[int]]:
        """What is to be done, and the lines: one by its own button, or those chosen."""
        act, _, one = request.form.get("one", "").partition(":")
        if one:
            picks = [one]
        elif act := request.form.get("action", ""):
            if read_which(request.form) is Which.ALL:
                every = reviews.select_lines(review.id, "").limit(MOST_AT_ONCE + 1)
                return act, [line.id for line, *_ in db.session.execute(every) if not _is_own(line)]
            picks = read_picks(request.form)
        if act not in ("confirm", "withdraw"):
            raise NotFound("There is no such answer.")
        return act, _decode(picks)

    def _ask_why(self, review: Review, picks: list[int], form: WithdrawForm, key: str) -> str:
        lines = select(ReviewAnswer).where(ReviewAnswer.review_id == review.id, ReviewAnswer.id.in_(picks))
        found = list(db.session.scalars(lines.order_by(ReviewAnswer.name, ReviewAnswer.id)))
        if len(found) != len(set(picks)):
            raise NotFound(reviews.GONE)
        count = str(found[0]) if len(found) == 1 else f"{len(found):,} people"
        return self.render(
            "pages/reviews/withdraw.html",
            title=f"Withdraw the access of {count}",
            form=form,
            shown=found[:MOST_NAMED],
            more=len(found) - MOST_NAMED,
            chosen=[encode_id(line.id) for line in found],
            code=self.address_id(review),
            query=request.query_string.decode("ascii", "ignore"),
            request_key=key,
            back=self._back(review),
        )

    @expose("/<code>/withdraw/", methods=("POST",))
    def withdraw_view(self, code: str) -> Any:
        """Withdraw the access of those chosen, and say who was left as they were."""
        if not allowed(reviews.withdraw_people):
            raise NotAllowed(MAY_NOT)
        review, form, picks = self.get_one(code), WithdrawForm(), _decode(request.form.getlist("chosen"))
        key = request.form.get("request_key", "")
        if find_result(f"review-{key}") is None:
            if not picks:
                raise RuleBroken("Nobody was chosen. Go back to the review and choose again.")
            if not form.validate():
                return self._ask_why(review, picks, form, key), 422
            pk, reason = review.id, form.reason.data or ""

            def withdraw() -> str:
                g.outcome = reviews.withdraw_people(pk, picks, reason=reason)
                return str(g.outcome.done)

            if self.carry_out(form, lambda: once(f"review-{key}", withdraw)) is None:
                return self._ask_why(self.get_one(code), picks, form, key), 422
        _say("withdrawn", g.get("outcome") or Outcome(int(find_result(f"review-{key}") or 0), [], []))
        return redirect(self._back(self.get_one(code)))

    @expose("/<code>/export/", methods=("POST",))
    def export_view(self, code: str) -> FileResponse:
        """A file of what was asked and answered."""
        review, file_format = self.get_one(code), request.form.get("format", "")
        if file_format not in FORMATS:
            raise NotFound("There is no such export format.")
        review_export.record_review_export(review.id, file_format)
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        pieces = review_export.stream_review(current_actor(), review.id, file_format)
        name = f"access-review-{review.due_on:%Y-%m-%d}.{file_format}"
        return FileResponse(
            in_scope(app, pieces),
            mimetype=FORMATS[file_format],
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


def _read_place(counts: dict[Answer, int]) -> tuple[str | None, int]:
    """Which answer is shown, None for all, and which page of its lines; what makes no sense is the beginning."""
    shown, number = request.args.get("answer"), request.args.get("page", "1")
    names = {answer.name.lower(): answer.value for answer in counts}
    is_number = number.isascii() and number.isdigit() and 0 < len(number) < 6
    return names.get(shown or ""), max(1, int(number)) if is_number else 1


def _decode(codes: list[str]) -> list[int]:
    """The lines behind addresses; NotFound for anything that is none."""
    pks = [decode_id(code) for code in codes]
    if None in pks:
        raise NotFound(reviews.GONE)
    return [pk for pk in pks if pk is not None]


def _is_own(line: ReviewAnswer) -> bool:
    return line.user_id == current_actor().user_pk


def _say(answer: str, outcome: Outcome) -> None:
    """How it went, naming some of those who were left as they were, and what waits for approval."""
    for request_for_approval in outcome.asked:
        flash(asked_words(request_for_approval), "warning")
    words = "" if outcome.asked else f"{outcome.done:,} {'person' if outcome.done == 1 else 'people'} {answer}."
    left = " ".join(f"{name}: {why}" for name, why in outcome.left[:5])
    more = f" And {len(outcome.left) - 5:,} more." if len(outcome.left) > 5 else ""
    if words or left:
        flash(f"{words} {left}{more}".strip(), "warning" if outcome.left else "success")
