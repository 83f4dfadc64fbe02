"""Extension instances, without behaviour."""

from contextvars import ContextVar
from threading import get_ident

from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import MetaData

# One session, one actor: `acting_as` gives each actor a number of its own, so a row loaded for one can
# never be served to another from the identity map.
session_number: ContextVar[int] = ContextVar("session_number", default=0)

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

db = SQLAlchemy(
    metadata=MetaData(naming_convention=NAMING),
    session_options={"scopefunc": lambda: (get_ident(), session_number.get()), "expire_on_commit": False},
)
migrate = Migrate()
login_manager = LoginManager()
csrf = CSRFProtect()
