"""The addresses of signing in, accounts, and whoever looks after other people's access: a part of tests/routes.py."""

from tests.route import (
    ACTIVITY,
    ADMINISTRATORS,
    ANN,
    APPOINTERS,
    DECIDERS,
    EVERYBODY,
    KEEPERS,
    KEPT,
    ORGANISATION_READERS,
    PEOPLE_READERS,
    SUPPORTERS,
    Route,
    at,
    by_id,
)

ACCESS_ROUTES: dict[tuple[str, str], Route] = {
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
}
