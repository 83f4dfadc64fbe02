"""Pages that are only read: they wait for nobody who writes, and keep nothing."""

from sqlalchemy import select, text

from app.access.actor import current_actor
from app.extensions import db
from app.models import User
from app.views.uploads import UploadPage


def test_a_page_is_read_while_somebody_writes(app, busy, browser) -> None:
    ann, lena = browser("ann"), browser("lena")
    with app.app_context():
        writer = db.engine.connect()
    with writer:
        writer.execute(text("UPDATE contact_type SET guidance = 'Not yet.'"))
        for person, address in (
            (ann, "/"),
            (ann, "/contacts/"),
            (ann, f"/contacts/{busy['alder'].reference}/"),
            (ann, f"/uploads/{busy['alder'].upload_code}/receipt.csv"),
            (ann, "/contact-types/"),
            (lena, "/people/"),
        ):
            answer = person.get(address)
            assert answer.status_code == 200 and "Not yet." not in answer.get_data(as_text=True), address
        writer.rollback()


def test_what_a_get_changes_is_not_kept(acting, browser, monkeypatch) -> None:
    """No page changes anything; should one do so by mistake, it comes to nothing."""
    seen = []

    def rename(view: object, statement: object) -> object:
        user = db.session.get_one(User, current_actor().user_pk)
        user.name = "Changed"
        db.session.flush()
        seen.append(user.name)
        return statement

    monkeypatch.setattr(UploadPage, "prepare_rows", rename)
    assert browser("ann").get("/uploads/").status_code == 200
    assert seen == ["Changed"]
    with acting("system"):
        assert db.session.scalars(select(User.name).where(User.user_id == "ALD-ANN")).one() == "Ann"
