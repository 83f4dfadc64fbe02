"""What every address answers to every member of the cast: the one table.

An address that is not listed fails tests/test_architecture.py.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.views import static_files
from tests.cast import PEOPLE
from tests.worlds import Owned

STAFF = frozenset({"ada", "lia", "mo", "root"})
EVERYBODY = frozenset(PEOPLE)
READERS = frozenset({"vic", "ann", "sue", "bob", "ned", "eli"}) | STAFF
RAISERS = frozenset({"ann", "sue", "bob", "ned", "eli"})
WORKERS = frozenset({"ada", "lia"})
UPLOADERS = RAISERS | STAFF
KEEPERS = frozenset({"lena", "dee", "bea", "eli", "root"})
DECIDERS = frozenset({"lena", "bea", "eli", "root"})
APPOINTERS = frozenset({"lena", "bea", "eli"})
# xena changes an organisation's access only while she acts for it.
PEOPLE_READERS = KEEPERS | {"mo", "xena"}
ACTIVITY = PEOPLE_READERS
ORGANISATION_READERS = PEOPLE_READERS | STAFF
SUPPORTERS = frozenset({"xena", "root"})
ADMINISTRATORS = frozenset({"root"})

ANN = frozenset({"ann"})
# Who can reach alder's rows.
ALDERS = frozenset({"ann", "sue", "vic", "lena", "dee"}) | STAFF | {"xena"}
# And who can reach its people: the LSO of its group does, and reaches nothing else of alder's.
KEPT = ALDERS | {"eli"}

Address = Callable[[Owned], str]


@dataclass(frozen=True)
class Route:
    """Who is answered what. `owned` addresses name a row of alder's: 404 to those who cannot `reach` it.

    Nobody is sent to the sign-in page unless `is_open`; others without the right get 403.
    """

    address: Address
    allowed: frozenset[str]
    ok: int = 200
    owned: bool = False
    reach: frozenset[str] = ALDERS
    data: dict[str, Any] = field(default_factory=dict)
    is_open: bool = False
    # Who may read such rows and not do this: 403 where they reach the row, 404 where they do not.
    lookers: frozenset[str] = frozenset()
    # What is answered of a person who was deleted.
    deleted: int = 404

    def expected(self, name: str) -> int:
        """The status for a member of the cast or "nobody"."""
        if name == "nobody":
            return self.ok if self.is_open else 302
        if name not in self.allowed:
            return 403
        return 404 if self.owned and name not in self.reach else self.ok


def at(path: str) -> Address:
    """An address that names no row."""
    return lambda _: path


def by_id(path: str, attribute: str) -> Address:
    """A Flask-Admin address with ?id=."""
    return lambda owned: f"{path}?id={getattr(owned, attribute)}"


ROUTES: dict[tuple[str, str], Route] = {
    ("static", "GET"): Route(at("/static/" + static_files.hashed("img/icon.svg")), EVERYBODY, is_open=True),
    ("theme.choose", "POST"): Route(at("/theme"), EVERYBODY, ok=302, is_open=True),
    ("account.profile", "GET"): Route(at("/account/"), EVERYBODY),
    ("account.profile", "POST"): Route(at("/account/"), EVERYBODY, ok=302),
    ("account.details", "GET"): Route(at("/account/details/"), EVERYBODY),
    ("account.details", "POST"): Route(at("/account/details/"), EVERYBODY),
    ("account.confirm", "GET"): Route(at("/account/confirm/"), EVERYBODY),
    ("account.confirm", "POST"): Route(at("/account/confirm/"), EVERYBODY),
    ("account.confirm_options", "POST"): Route(at("/account/confirm/options"), EVERYBODY),
    ("account.factors", "GET"): Route(at("/account/sign-in/"), EVERYBODY),
    # Nobody has begun to add one: back to the list.
    ("account.app", "GET"): Route(at("/account/sign-in/app/"), EVERYBODY, ok=302),
    ("account.begin_app", "POST"): Route(at("/account/sign-in/app/new/"), EVERYBODY, ok=302),
    ("account.app", "POST"): Route(at("/account/sign-in/app/"), EVERYBODY),
    ("account.passkey", "GET"): Route(at("/account/sign-in/passkey/"), EVERYBODY),
    ("account.passkey", "POST"): Route(at("/account/sign-in/passkey/"), EVERYBODY),
    ("account.passkey_options", "POST"): Route(at("/account/sign-in/passkey/options"), EVERYBODY),
    # Without a second factor there is nothing to stand in for.
    ("account.new_codes", "POST"): Route(at("/account/sign-in/codes/"), EVERYBODY, ok=409),
    # Begun by ann and not confirmed, so it is nobody's to remove (tests/views/test_account.py removes one).
    ("account.remove", "GET"): Route(
        lambda o: f"/account/sign-in/{o.factor_code}/remove/", EVERYBODY, owned=True, reach=frozenset()
    ),
    ("account.remove", "POST"): Route(
        lambda o: f"/account/sign-in/{o.factor_code}/remove/", EVERYBODY, owned=True, reach=frozenset()
    ),
    ("account.sessions", "GET"): Route(at("/account/sessions/"), EVERYBODY),
    ("account.end_session", "POST"): Route(
        lambda o: f"/account/sessions/{o.session_code}/end/", EVERYBODY, ok=302, owned=True, reach=ANN
    ),
    ("account.end_others", "POST"): Route(at("/account/sessions/end-others/"), EVERYBODY, ok=302),
    ("account.access", "GET"): Route(at("/account/access/"), EVERYBODY),
    ("account.activity", "GET"): Route(at("/account/activity/"), EVERYBODY),
    ("kit.index_view", "GET"): Route(at("/kit/"), EVERYBODY),
    ("status.healthz", "GET"): Route(at("/healthz"), EVERYBODY, is_open=True),
    ("about.contact_types", "GET"): Route(at("/about/contact-types/"), EVERYBODY, is_open=True),
    ("about.contact_type", "GET"): Route(at("/about/contact-types/ADD/"), EVERYBODY, is_open=True),
    ("about.security_officers", "GET"): Route(at("/about/lso/"), EVERYBODY, is_open=True),
    ("about.ask", "GET"): Route(at("/about/lso/ask/"), EVERYBODY, is_open=True),
    ("about.ask", "POST"): Route(at("/about/lso/ask/"), EVERYBODY, is_open=True),
    ("about.accessibility", "GET"): Route(at("/about/accessibility/"), EVERYBODY, is_open=True),
    ("about.status", "GET"): Route(at("/about/status/"), EVERYBODY, is_open=True),
    ("session.sign_in", "GET"): Route(at("/sign-in"), EVERYBODY, ok=302),
    ("session.sign_in", "POST"): Route(at("/sign-in"), EVERYBODY, ok=302),
    ("session.sign_out", "POST"): Route(at("/sign-out"), EVERYBODY, ok=302),
    ("second_step.ask", "GET"): Route(at("/sign-in/second/"), EVERYBODY, ok=302, is_open=True),
    ("second_step.ask", "POST"): Route(at("/sign-in/second/"), EVERYBODY, ok=302, is_open=True),
    ("second_step.options", "POST"): Route(at("/sign-in/second/options"), EVERYBODY, ok=302, is_open=True),
    ("second_step.again", "POST"): Route(at("/sign-in/second/again"), EVERYBODY, ok=302, is_open=True),
    ("links.forgotten", "GET"): Route(at("/forgotten"), EVERYBODY, is_open=True),
    ("links.forgotten", "POST"): Route(at("/forgotten"), EVERYBODY, is_open=True),
    ("links.arrive", "GET"): Route(at("/link/no-such-link"), EVERYBODY, ok=410, is_open=True),
    ("links.choose", "GET"): Route(at("/choose-password"), EVERYBODY, ok=410, is_open=True),
    ("links.choose", "POST"): Route(at("/choose-password"), EVERYBODY, ok=410, is_open=True),
    ("session.password", "GET"): Route(at("/account/password"), EVERYBODY),
    ("session.password", "POST"): Route(at("/account/password"), EVERYBODY),
    ("home.index_view", "GET"): Route(at("/"), EVERYBODY),
    ("contacts.index_view", "GET"): Route(at("/contacts/"), READERS),
    ("contacts.export_view", "POST"): Route(at("/contacts/export/"), READERS, data={"format": "csv"}),
    ("contacts.contact_view", "GET"): Route(lambda o: f"/contacts/{o.reference}/", READERS, owned=True),
    # A version nobody has: whoever may make the move is told that somebody else was first.
    ("contacts.move", "POST"): Route(
        lambda o: f"/contacts/{o.reference}/withdraw/",
        RAISERS,
        ok=409,
        owned=True,
        data={"version": "99", "message": "x"},
        lookers=READERS - RAISERS,
    ),
    ("moving.index_view", "POST"): Route(at("/move/"), RAISERS, data={"action": "withdraw", "which": "all"}),
    # Nothing was chosen, so nothing is withdrawn.
    ("moving.done_view", "POST"): Route(at("/move/done/"), RAISERS, ok=409, data={"action": "withdraw"}),
    ("jobs.index_view", "GET"): Route(at("/jobs/"), READERS),
    # Of alder's people only, whoever else reaches alder's rows.
    ("jobs.job_view", "GET"): Route(
        lambda o: f"/jobs/{o.job_code}/", READERS, owned=True, reach=frozenset({"ann", "sue", "vic"})
    ),
    ("saved_views.index_view", "GET"): Route(at("/views/"), EVERYBODY),
    ("saved_views.create_view", "GET"): Route(at("/views/new/?page=contacts&query=q%3Dx"), READERS),
    ("saved_views.create_view", "POST"): Route(at("/views/new/?page=contacts&query=q%3Dx"), READERS),
    ("saved_views.edit_view", "GET"): Route(by_id("/views/edit/", "view_code"), EVERYBODY, owned=True, reach=ANN),
    ("saved_views.edit_view", "POST"): Route(by_id("/views/edit/", "view_code"), EVERYBODY, owned=True, reach=ANN),
    ("saved_views.delete_view", "GET"): Route(by_id("/views/delete/", "view_code"), EVERYBODY, owned=True, reach=ANN),
    ("saved_views.delete_view", "POST"): Route(
        by_id("/views/delete/", "view_code"), EVERYBODY, ok=302, owned=True, reach=ANN
    ),
    ("lookups.look_up", "GET"): Route(at("/lookup/organisations?q=a"), ORGANISATION_READERS),
    ("raising.index_view", "GET"): Route(at("/raise/"), RAISERS),
    ("raising.fill_view", "GET"): Route(at("/raise/ADD/"), RAISERS),
    ("raising.fill_view", "POST"): Route(at("/raise/ADD/"), RAISERS),
    ("raising.done_view", "GET"): Route(lambda o: f"/raise/ADD/done/{o.reference}/", RAISERS, owned=True),
    ("uploads.index_view", "GET"): Route(at("/uploads/"), UPLOADERS),
    ("uploads.new_view", "GET"): Route(at("/uploads/new/"), RAISERS),
    ("uploads.new_view", "POST"): Route(at("/uploads/new/"), RAISERS, ok=422),
    ("uploads.upload_view", "GET"): Route(lambda o: f"/uploads/{o.upload_code}/", UPLOADERS, owned=True),
    ("uploads.progress_view", "GET"): Route(
        lambda o: f"/uploads/{o.upload_code}/progress", UPLOADERS, ok=302, owned=True
    ),
    ("uploads.commit_view", "POST"): Route(
        lambda o: f"/uploads/{o.upload_code}/commit/", RAISERS, ok=409, owned=True, lookers=STAFF
    ),
    ("uploads.check_view", "POST"): Route(
        lambda o: f"/uploads/{o.upload_code}/check/", RAISERS, ok=409, owned=True, lookers=STAFF
    ),
    ("uploads.errors_view", "GET"): Route(lambda o: f"/uploads/{o.upload_code}/errors.csv", UPLOADERS, owned=True),
    ("uploads.receipt_view", "GET"): Route(lambda o: f"/uploads/{o.upload_code}/receipt.csv", UPLOADERS, owned=True),
    ("contact_types.index_view", "GET"): Route(at("/contact-types/"), READERS),
    ("contact_types.details_view", "GET"): Route(at("/contact-types/details/?id=1"), READERS),
    ("contact_types.template_view", "GET"): Route(at("/contact-types/template/ADD.xlsx"), READERS),
    ("contact_types.create_view", "GET"): Route(at("/contact-types/new/"), ADMINISTRATORS),
    ("contact_types.create_view", "POST"): Route(at("/contact-types/new/"), ADMINISTRATORS),
    ("contact_types.edit_view", "GET"): Route(at("/contact-types/edit/?id=1"), ADMINISTRATORS),
    ("contact_types.edit_view", "POST"): Route(at("/contact-types/edit/?id=1"), ADMINISTRATORS),
    ("data_items.index_view", "GET"): Route(at("/data-items/"), READERS),
    ("data_items.details_view", "GET"): Route(at("/data-items/details/?id=1"), READERS),
    ("data_items.create_view", "GET"): Route(at("/data-items/new/?type=ADD"), ADMINISTRATORS),
    ("data_items.create_view", "POST"): Route(at("/data-items/new/?type=ADD"), ADMINISTRATORS),
    ("data_items.edit_view", "GET"): Route(at("/data-items/edit/?id=1"), ADMINISTRATORS),
    ("data_items.edit_view", "POST"): Route(at("/data-items/edit/?id=1"), ADMINISTRATORS),
    ("people.index_view", "GET"): Route(at("/people/"), PEOPLE_READERS),
    ("people.details_view", "GET"): Route(
        by_id("/people/details/", "user_code"), PEOPLE_READERS, owned=True, reach=KEPT, deleted=200
    ),
    ("people.create_view", "GET"): Route(at("/people/new/"), KEEPERS),
    ("people.create_view", "POST"): Route(at("/people/new/"), KEEPERS),
    ("people.edit_view", "GET"): Route(
        by_id("/people/edit/", "user_code"), KEEPERS, owned=True, reach=KEPT, deleted=200
    ),
    ("people.edit_view", "POST"): Route(
        by_id("/people/edit/", "user_code"), KEEPERS, owned=True, reach=KEPT, deleted=200
    ),
    ("people.export_view", "POST"): Route(at("/people/export/"), PEOPLE_READERS, data={"format": "csv"}),
    ("people.act_view", "GET"): Route(lambda o: f"/people/{o.user_code}/disable/", KEEPERS, owned=True, reach=KEPT),
    # Without a reason nobody is disabled.
    ("people.act_view", "POST"): Route(lambda o: f"/people/{o.user_code}/disable/", KEEPERS, owned=True, reach=KEPT),
    ("people_many.index_view", "POST"): Route(
        at("/people/many/"), KEEPERS, data={"action": "disable", "which": "ticked"}, ok=302
    ),
    # Nobody was chosen, so nobody is disabled.
    ("people_many.done_view", "POST"): Route(at("/people/many/done/"), KEEPERS, ok=409, data={"action": "disable"}),
    ("approvals.index_view", "GET"): Route(at("/approvals/"), PEOPLE_READERS),
    ("approvals.details_view", "GET"): Route(
        by_id("/approvals/details/", "approval_code"), PEOPLE_READERS, owned=True, reach=KEPT
    ),
    # Withdrawn already, so nobody approves it any more.
    ("approvals.decide_view", "POST"): Route(
        lambda o: f"/approvals/{o.approval_code}/approve/", DECIDERS, ok=422, owned=True, reach=KEPT
    ),
    ("people_uploads.index_view", "GET"): Route(at("/people-uploads/"), KEEPERS),
    ("people_uploads.new_view", "GET"): Route(at("/people-uploads/new/"), KEEPERS),
    ("people_uploads.new_view", "POST"): Route(at("/people-uploads/new/"), KEEPERS, ok=422),
    ("people_uploads.template_view", "GET"): Route(at("/people-uploads/template/people.xlsx"), KEEPERS),
    ("people_uploads.upload_view", "GET"): Route(
        lambda o: f"/people-uploads/{o.people_upload_code}/", KEEPERS, owned=True, reach=KEPT
    ),
    ("people_uploads.progress_view", "GET"): Route(
        lambda o: f"/people-uploads/{o.people_upload_code}/progress", KEEPERS, ok=302, owned=True, reach=KEPT
    ),
    ("people_uploads.commit_view", "POST"): Route(
        lambda o: f"/people-uploads/{o.people_upload_code}/commit/", KEEPERS, ok=409, owned=True, reach=KEPT
    ),
    ("people_uploads.check_view", "POST"): Route(
        lambda o: f"/people-uploads/{o.people_upload_code}/check/", KEEPERS, ok=409, owned=True, reach=KEPT
    ),
    ("people_uploads.errors_view", "GET"): Route(
        lambda o: f"/people-uploads/{o.people_upload_code}/errors.csv", KEEPERS, owned=True, reach=KEPT
    ),
    ("people_uploads.receipt_view", "GET"): Route(
        lambda o: f"/people-uploads/{o.people_upload_code}/receipt.csv", KEEPERS, owned=True, reach=KEPT
    ),
    ("organisations.index_view", "GET"): Route(at("/organisations/"), ORGANISATION_READERS),
    ("organisations.details_view", "GET"): Route(
        by_id("/organisations/details/", "organisation_id"), ORGANISATION_READERS, owned=True, reach=KEPT
    ),
    ("organisations.create_view", "GET"): Route(at("/organisations/new/"), ADMINISTRATORS),
    ("organisations.create_view", "POST"): Route(at("/organisations/new/"), ADMINISTRATORS),
    ("organisations.edit_view", "GET"): Route(
        by_id("/organisations/edit/", "organisation_id"), ADMINISTRATORS, owned=True
    ),
    ("organisations.edit_view", "POST"): Route(
        by_id("/organisations/edit/", "organisation_id"), ADMINISTRATORS, owned=True
    ),
    ("reviews.index_view", "GET"): Route(at("/reviews/"), PEOPLE_READERS),
    ("reviews.create_view", "GET"): Route(at("/reviews/new/"), APPOINTERS | ADMINISTRATORS),
    ("reviews.create_view", "POST"): Route(at("/reviews/new/"), APPOINTERS | ADMINISTRATORS),
    ("reviews.details_view", "GET"): Route(
        by_id("/reviews/details/", "review_code"), PEOPLE_READERS, owned=True, reach=KEPT
    ),
    # Nobody is ticked, so nobody is confirmed.
    ("reviews.answer_view", "POST"): Route(
        lambda o: f"/reviews/{o.review_code}/answer/",
        KEEPERS,
        ok=302,
        owned=True,
        reach=KEPT,
        data={"action": "confirm"},
    ),
    ("reviews.withdraw_view", "POST"): Route(
        lambda o: f"/reviews/{o.review_code}/withdraw/", KEEPERS, ok=409, owned=True, reach=KEPT
    ),
    ("reviews.export_view", "POST"): Route(
        lambda o: f"/reviews/{o.review_code}/export/", PEOPLE_READERS, owned=True, reach=KEPT, data={"format": "csv"}
    ),
    ("leavers.index_view", "GET"): Route(at("/leavers/"), PEOPLE_READERS),
    ("leavers.export_view", "POST"): Route(at("/leavers/export/"), PEOPLE_READERS, data={"format": "csv"}),
    ("deputies.index_view", "GET"): Route(at("/deputies/"), PEOPLE_READERS),
    ("deputies.details_view", "GET"): Route(
        by_id("/deputies/details/", "deputy_code"), PEOPLE_READERS, owned=True, reach=KEPT
    ),
    ("deputies.create_view", "GET"): Route(at("/deputies/new/"), APPOINTERS),
    ("deputies.create_view", "POST"): Route(at("/deputies/new/"), APPOINTERS),
    ("deputies.end_view", "GET"): Route(
        lambda o: f"/deputies/{o.deputy_code}/end/", APPOINTERS, owned=True, reach=KEPT
    ),
    ("deputies.end_view", "POST"): Route(
        lambda o: f"/deputies/{o.deputy_code}/end/", APPOINTERS, owned=True, reach=KEPT
    ),
    ("acting.index_view", "GET"): Route(at("/acting/"), frozenset({"xena"})),
    ("acting.index_view", "POST"): Route(at("/acting/"), frozenset({"xena"})),
    ("acting.end_view", "POST"): Route(at("/acting/end/"), frozenset({"xena"}), ok=302),
    ("support.index_view", "GET"): Route(at("/support/"), SUPPORTERS),
    ("support.details_view", "GET"): Route(by_id("/support/details/", "support_code"), SUPPORTERS),
    ("support.take_view", "POST"): Route(
        lambda o: f"/support/{o.support_code}/take/", SUPPORTERS, ok=409, data={"version": "99"}
    ),
    ("support.answer_view", "POST"): Route(lambda o: f"/support/{o.support_code}/answer/", SUPPORTERS, ok=422),
    ("support.close_view", "POST"): Route(lambda o: f"/support/{o.support_code}/close/", SUPPORTERS, ok=422),
    ("audit.index_view", "GET"): Route(at("/activity/"), ACTIVITY),
    ("audit.export_view", "POST"): Route(at("/activity/export/"), ACTIVITY, data={"format": "csv"}),
    ("audit.details_view", "GET"): Route(by_id("/activity/details/", "event_code"), ACTIVITY, owned=True),
    ("mail.index_view", "GET"): Route(at("/mail/"), ADMINISTRATORS),
    ("mail.mail_view", "GET"): Route(lambda o: f"/mail/{o.mail_code}/", ADMINISTRATORS, owned=True),
    ("mail.again_view", "POST"): Route(at("/mail/again/"), ADMINISTRATORS, ok=302),
    ("notifications.index_view", "GET"): Route(at("/notifications/"), EVERYBODY),
    ("notifications.read_all_view", "POST"): Route(at("/notifications/read/"), EVERYBODY, ok=302),
    # Told to ann: her colleagues and Xoserve have their own.
    ("notifications.open_view", "POST"): Route(
        lambda o: f"/notifications/{o.notification_code}/open/", EVERYBODY, ok=302, owned=True, reach=frozenset({"ann"})
    ),
    ("notifications.read_view", "POST"): Route(
        lambda o: f"/notifications/{o.notification_code}/read/", EVERYBODY, ok=302, owned=True, reach=frozenset({"ann"})
    ),
}
