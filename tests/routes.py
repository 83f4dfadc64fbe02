"""What every address answers to every member of the cast: the one table.

An address that is not listed fails tests/test_architecture.py.
"""

from app.views import static_files
from tests.route import (
    ADMINISTRATORS,
    ANN,
    EVERYBODY,
    ORGANISATION_READERS,
    RAISERS,
    READERS,
    STAFF,
    UPLOADERS,
    Route,
    at,
    by_id,
)
from tests.routes_access import ACCESS_ROUTES

ROUTES: dict[tuple[str, str], Route] = ACCESS_ROUTES | {
    ("static", "GET"): Route(at("/static/" + static_files.hashed("img/icon.svg")), EVERYBODY, is_open=True),
    ("theme.choose", "POST"): Route(at("/theme"), EVERYBODY, ok=302, is_open=True),
    ("kit.index_view", "GET"): Route(at("/kit/"), EVERYBODY),
    ("status.healthz", "GET"): Route(at("/healthz"), EVERYBODY, is_open=True),
    ("about.contact_types", "GET"): Route(at("/about/contact-types/"), EVERYBODY, is_open=True),
    ("about.contact_type", "GET"): Route(at("/about/contact-types/ADD/"), EVERYBODY, is_open=True),
    ("about.security_officers", "GET"): Route(at("/about/lso/"), EVERYBODY, is_open=True),
    ("about.ask", "GET"): Route(at("/about/lso/ask/"), EVERYBODY, is_open=True),
    ("about.ask", "POST"): Route(at("/about/lso/ask/"), EVERYBODY, is_open=True),
    ("about.accessibility", "GET"): Route(at("/about/accessibility/"), EVERYBODY, is_open=True),
    ("about.status", "GET"): Route(at("/about/status/"), EVERYBODY, is_open=True),
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
