"""The panel: Flask-Admin with our pages, in the order of the menu."""

from typing import NamedTuple

from flask import Flask, g, request
from flask_admin import Admin
from flask_admin.theme import Theme
from flask_wtf.csrf import generate_csrf
from werkzeug.middleware.proxy_fix import ProxyFix

from app.access.actor import Actor, find_actor
from app.config import Config
from app.domain.item import show_date
from app.models import (
    Approval,
    AuditEvent,
    Contact,
    ContactType,
    DataItem,
    Deputy,
    Organisation,
    OutgoingMail,
    Review,
    SavedView,
    SupportRequest,
    Upload,
    User,
)
from app.views import (
    about,
    account,
    errors,
    headers,
    links,
    lookups,
    pieces,
    public_ids,
    request_scope,
    second_step,
    session,
    static_files,
    status,
    theme,
)
from app.views.acting import ActingPage
from app.views.addresses import url_for
from app.views.approvals import ApprovalPage
from app.views.audit import AuditPage
from app.views.base import Page
from app.views.contact_types import ContactTypePage
from app.views.contacts import ContactPage
from app.views.data_items import DataItemPage
from app.views.deputies import DeputyPage
from app.views.home.page import HomePage
from app.views.kit import KitPage
from app.views.leavers import LeaverPage
from app.views.mail import MailPage
from app.views.moving import JobPage, MovePage
from app.views.notifications import NotificationPage
from app.views.organisations import OrganisationPage
from app.views.people.bulk import PeopleBulkPage
from app.views.people.page import PeoplePage
from app.views.people.uploads import PeopleUploadPage
from app.views.raising import RaisePage
from app.views.reviews.page import ReviewPage
from app.views.saved_views import SavedViewPage
from app.views.support import SupportPage
from app.views.uploads import UploadPage
from app.views.words import show_instant


class MenuItem(NamedTuple):
    """One line of the menu."""

    name: str
    url: str
    icon: str
    is_current: bool
    key: str
    # A number, with what it counts, where it means work; or nothing.
    badge: str = ""
    badge_words: str = ""


def _badge(view: Page, actor: Actor) -> tuple[str, str]:
    counted = next((words for needed, words in view.menu_counts.items() if actor.may(needed)), "")
    if not counted or not actor.glance.waiting_count:
        return "", ""
    return "99+" if actor.glance.waiting_count > 99 else str(actor.glance.waiting_count), counted


limit_bodies = request_scope.limit_bodies


def register(app: Flask, config: Config) -> None:
    """Add every page."""
    if config.proxy_hops:
        hops = config.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    errors.register(app)
    headers.register(app, is_production=config.is_production)
    request_scope.register(app, config)
    static_files.register(app)
    pieces.register(app)
    theme.register(app)
    session.register(app)
    second_step.register(app)
    links.register(app)
    account.register(app)
    status.register(app)
    about.register(app, config)
    lookups.register(app)
    admin = Admin(
        app,
        name="Contact Management Service",
        theme=Theme(folder="cms", base_template="layouts/panel.html"),
        # A static address of its own keeps Flask-Admin from serving its scripts and styles.
        index_view=HomePage(name="Home", endpoint="home", url="/", static_url_path="/none"),
        csp_nonce_generator=headers.csp_nonce,
    )
    contact_page = ContactPage(Contact, name="Contacts", endpoint="contacts", url="/contacts")
    people_page = PeoplePage(User, name="People", endpoint="people", url="/people")
    for view in (
        contact_page,
        MovePage(contact_page, name="Move contacts", endpoint="moving", url="/move"),
        JobPage(name="Jobs", endpoint="jobs", url="/jobs"),
        RaisePage(name="Raise a contact", endpoint="raising", url="/raise"),
        UploadPage(Upload, name="Uploads", endpoint="uploads", url="/uploads"),
        ContactTypePage(ContactType, name="Contact types", endpoint="contact_types", url="/contact-types"),
        DataItemPage(DataItem, name="Data items", endpoint="data_items", url="/data-items"),
        people_page,
        PeopleUploadPage(Upload, name="Uploads of people", endpoint="people_uploads", url="/people-uploads"),
        PeopleBulkPage(people_page, name="Change people", endpoint="people_many", url="/people/many"),
        ReviewPage(Review, name="Access reviews", endpoint="reviews", url="/reviews"),
        LeaverPage(User, name="Leavers", endpoint="leavers", url="/leavers"),
        ApprovalPage(Approval, name="Approvals", endpoint="approvals", url="/approvals"),
        OrganisationPage(Organisation, name="Organisations", endpoint="organisations", url="/organisations"),
        DeputyPage(Deputy, name="Deputies", endpoint="deputies", url="/deputies"),
        ActingPage(name="Act for an organisation", endpoint="acting", url="/acting"),
        SupportPage(SupportRequest, name="Support requests", endpoint="support", url="/support"),
        AuditPage(AuditEvent, name="Activity", endpoint="audit", url="/activity"),
        NotificationPage(name="Notifications", endpoint="notifications", url="/notifications"),
        MailPage(OutgoingMail, name="Mail", endpoint="mail", url="/mail"),
        SavedViewPage(SavedView, name="Saved views", endpoint="saved_views", url="/views"),
    ):
        admin.add_view(view)
    if not config.is_production:
        admin.add_view(KitPage(name="Kit", endpoint="kit", url="/kit"))
    pages = [view for view in admin._views if isinstance(view, Page)]

    def main_menu() -> tuple[MenuItem, ...]:
        """The sections this person has; a page shows them in several places."""
        if "main_menu" not in g:
            g.main_menu = make_menu()
        menu: tuple[MenuItem, ...] = g.main_menu
        return menu

    sections = {view.endpoint: view.section or view.endpoint for view in pages}

    def make_menu() -> tuple[MenuItem, ...]:
        here = sections.get(request.blueprint or "")
        # A request that is refused before anybody has entered still shows its sender their menu.
        actor = find_actor() or g.get("actor")
        if actor is None:
            return ()
        return tuple(
            MenuItem(
                str(view.name),
                url_for(f"{view.endpoint}.index_view"),
                view.icon,
                here == view.endpoint,
                view.key,
                *_badge(view, actor),
            )
            for view in pages
            if view.in_menu and actor.may(view.permission)
        )

    @app.context_processor
    def page_words() -> dict[str, object]:
        actor: Actor | None = g.get("actor") or find_actor()
        return {"acting": g.get("acting"), "actor": actor}

    # What does not depend on who asks; macros see these and what they are handed, and nothing else.
    app.jinja_env.globals.update(
        csp_nonce=headers.csp_nonce,
        # Flask-WTF makes one for a page and looks at its settings for each form.
        csrf_token=lambda: g.get("csrf_token") or generate_csrf(),
        is_production=config.is_production,
        main_menu=main_menu,
        public_id=public_ids.encode_id,
        show_date=show_date,
        show_instant=show_instant,
        static_url=static_files.url,
        url_for=url_for,
    )
