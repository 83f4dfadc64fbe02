"""The Contact Management Service. Wiring lives in `create_app`; imports wait until it is called,
because the process that reads uploads imports this package and must start quickly.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from app.config import Config


def create_app(config: "Config | None" = None) -> "Flask":
    """The application, ready to serve; settings come from the environment unless given."""
    from flask import Flask

    from app import carrier, cli, jobs, models, views
    from app import config as settings
    from app.access import tenancy
    from app.domain import dormancy, reviews
    from app.extensions import csrf, db, login_manager, migrate
    from app.models import connections
    from app.services import acting, encryption, links, mail, passkeys, passwords, second_factors

    config = config or settings.from_environment()
    app = Flask(__name__, static_folder=None, template_folder="templates")
    app.config.update(config.flask_settings())
    assert models.__all__
    db.init_app(app)
    migrate.init_app(
        app, db, directory=str(settings.ROOT / "app" / "migrations"), compare_type=True, render_as_batch=True
    )
    views.limit_bodies(app)
    csrf.init_app(app)
    # Without its template variable, which would ask a failing database again while the error page is made.
    login_manager.init_app(app, add_context_processor=False)
    with app.app_context():
        connections.install(db.engine)
    tenancy.install(db.session)
    mail.configure(base_url=config.base_url)
    links.configure(invitation_days=config.invitation_days)
    encryption.configure(secret_key=config.secret_key)
    second_factors.configure(is_demanded=config.demands_second_factor)
    passkeys.configure(base_url=config.base_url)
    passwords.configure(memory_kib=config.argon2_memory_kib, passes=config.argon2_passes)
    acting.configure(minutes=config.acting_minutes)
    dormancy.configure(days=config.dormant_days, notice_days=config.dormant_notice_days)
    reviews.configure(notice_days=config.review_notice_days)
    jobs.configure(lease_seconds=config.job_lease_seconds)
    carrier.install(app, config)
    views.register(app, config)
    cli.register(app)
    return app
