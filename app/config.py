"""Settings from the environment, all prefixed CMS_; README lists them."""

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
SQLITE_SCHEME = "sqlite:///"


class BadSetting(Exception):
    """A setting that would make the service unsafe or unable to start."""


@dataclass(frozen=True)
class Config:
    """One deployment's settings; durations carry their unit in the name."""

    environment: str = "development"
    secret_key: str = ""
    database_url: str = ""
    redis_url: str = ""
    instance: Path = ROOT / "instance"
    base_url: str = "http://127.0.0.1:5000"
    trusted_hosts: tuple[str, ...] = ()
    proxy_hops: int = 0
    is_testing: bool = False
    argon2_memory_kib: int = 64 * 1024
    argon2_passes: int = 3
    session_idle_minutes: int = 30
    session_hours: int = 9
    second_factor: str = ""
    invitation_days: int = 7
    upload_bytes: int = 10 * 1024 * 1024
    job_lease_seconds: int = 60
    smtp_url: str = ""
    mail_from: str = ""
    audit_heads: str = ""
    acting_minutes: int = 60
    dormant_days: int = 90
    dormant_notice_days: int = 14
    review_notice_days: int = 7
    support_email: str = ""
    support_phone: str = ""
    support_hours: str = ""
    planned_outages: str = ""
    extra: dict[str, object] = field(default_factory=dict)

    @property
    def is_production(self) -> bool:
        """Production refuses demo data and weak settings."""
        return self.environment == "production"

    @property
    def mail_folder(self) -> Path:
        """Where mail is put when there is no mail server."""
        return self.instance / "mail"

    @property
    def audit_heads_path(self) -> Path:
        """Where the heads of the audit chain are published."""
        return Path(self.audit_heads) if self.audit_heads else self.instance / "audit-heads.txt"

    @property
    def mail_sender(self) -> str:
        """Whom mail is from; of the service's own host unless set."""
        host = urlsplit(self.base_url).hostname or ""
        return self.mail_from or f"no-reply@{host if host.strip('0123456789.:') else 'localhost'}"

    @property
    def demands_second_factor(self) -> bool:
        """Whether those who decide about access must have one: unless it is said otherwise, in production."""
        return self.second_factor == "required" or (not self.second_factor and self.is_production)

    def flask_settings(self) -> dict[str, object]:
        """The same, under the names Flask and its extensions look for."""
        return {
            "CMS": self,
            "TESTING": self.is_testing,
            "SECRET_KEY": self.secret_key,
            "SQLALCHEMY_DATABASE_URI": self.database_url,
            "SQLALCHEMY_ENGINE_OPTIONS": engine_options(self.database_url),
            "SESSION_COOKIE_NAME": "__Host-cms" if self.is_production else "cms",
            "SESSION_COOKIE_SECURE": self.is_production,
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "MAX_CONTENT_LENGTH": self.upload_bytes + 256 * 1024,
            "MAX_FORM_MEMORY_SIZE": 1024 * 1024,
            "TRUSTED_HOSTS": list(self.trusted_hosts) or None,
            "WTF_CSRF_TIME_LIMIT": None,
            "FLASK_ADMIN_RAISE_ON_VIEW_EXCEPTION": True,
        } | self.extra


def engine_options(database_url: str) -> dict[str, object]:
    """Pool settings; hidden parameters keep personal data out of every message SQLAlchemy makes."""
    options: dict[str, object] = {"hide_parameters": True}
    if database_url.startswith("sqlite"):
        # autocommit=True leaves BEGIN to us: see models/connections.py.
        options["connect_args"] = {"isolation_level": None, "timeout": 5}
    else:
        # Only a transaction that says it writes can: see models/connections.py.
        settings = "-c timezone=UTC -c lock_timeout=10s -c default_transaction_read_only=on"
        options["connect_args"] = {"options": settings}
        # Where each statement is a transaction by itself there is nothing to roll back.
        options["skip_autocommit_rollback"] = True
    return options


def from_environment(**changes: object) -> Config:
    """Settings of this process; BadSetting when production lacks something it must not start without."""
    environment = os.environ.get("CMS_ENV", "development")
    if environment not in ("development", "production"):
        raise BadSetting(f"CMS_ENV is {environment!r}. It must be development or production.")
    instance = Path(os.environ.get("CMS_INSTANCE_PATH", ROOT / "instance"))
    secret = os.environ.get("CMS_SECRET_KEY", "")
    hosts = tuple(host.strip() for host in os.environ.get("CMS_TRUSTED_HOSTS", "").split(",") if host.strip())
    if environment == "production":
        if len(secret) < 32:
            raise BadSetting("CMS_SECRET_KEY must be set to at least 32 random characters in production.")
        if not hosts:
            raise BadSetting("CMS_TRUSTED_HOSTS must list the host names of the service in production.")
    second_factor = os.environ.get("CMS_SECOND_FACTOR", "")
    if second_factor not in ("", "off", "required"):
        raise BadSetting(f"CMS_SECOND_FACTOR is {second_factor!r}. It must be off or required.")
    settings: dict[str, object] = {
        "environment": environment,
        "secret_key": secret or _kept_secret(instance),
        "database_url": os.environ.get("CMS_DATABASE_URL") or f"{SQLITE_SCHEME}{_made(instance) / 'cms.sqlite3'}",
        "redis_url": os.environ.get("CMS_REDIS_URL", ""),
        "instance": instance,
        "base_url": os.environ.get("CMS_BASE_URL", Config.base_url).rstrip("/"),
        "trusted_hosts": hosts,
        "proxy_hops": _whole_number("CMS_PROXY_HOPS", 0),
        "session_idle_minutes": _whole_number("CMS_SESSION_IDLE_MINUTES", Config.session_idle_minutes),
        "session_hours": _whole_number("CMS_SESSION_HOURS", Config.session_hours),
        "second_factor": second_factor,
        "invitation_days": _whole_number("CMS_INVITATION_DAYS", Config.invitation_days),
        "job_lease_seconds": _whole_number("CMS_JOB_LEASE_SECONDS", Config.job_lease_seconds),
        "smtp_url": os.environ.get("CMS_SMTP_URL", ""),
        "audit_heads": os.environ.get("CMS_AUDIT_HEADS", ""),
        "mail_from": os.environ.get("CMS_MAIL_FROM", ""),
        "acting_minutes": _whole_number("CMS_ACTING_MINUTES", Config.acting_minutes),
        "dormant_days": _days("CMS_DORMANT_DAYS", Config.dormant_days),
        "dormant_notice_days": _days("CMS_DORMANT_NOTICE_DAYS", Config.dormant_notice_days),
        "review_notice_days": _days("CMS_REVIEW_NOTICE_DAYS", Config.review_notice_days),
        "support_email": os.environ.get("CMS_SUPPORT_EMAIL", ""),
        "support_phone": os.environ.get("CMS_SUPPORT_PHONE", ""),
        "support_hours": os.environ.get("CMS_SUPPORT_HOURS", ""),
        "planned_outages": os.environ.get("CMS_PLANNED_OUTAGES", ""),
    }
    return Config(**(settings | changes))  # type: ignore[arg-type]


def _whole_number(name: str, default: int) -> int:
    text = os.environ.get(name, "")
    if not text:
        return default
    if not text.isdigit():
        raise BadSetting(f"{name} is {text!r}. It must be a whole number.")
    return int(text)


def _days(name: str, default: int) -> int:
    days = _whole_number(name, default)
    if days < 1:
        raise BadSetting(f"{name} is {days}. It must be at least one day.")
    return days


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _kept_secret(instance: Path) -> str:
    """A random key kept beside the database, so that a restart in development signs nobody out."""
    path = _made(instance) / "secret_key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text().strip()
