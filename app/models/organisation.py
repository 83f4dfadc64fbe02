"""Organisations and their kinds."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.approvals import EVERY_ACT
from app.models.base import Id, Model


class OrganisationKind(Model):
    """Shipper, GT, IGT, DMSP, MRA, UIP, or CDSP for Xoserve."""

    __tablename__ = "organisation_kind"
    code: Mapped[str] = mapped_column(String(8), unique=True)
    name: Mapped[str] = mapped_column(String(80))

    def __str__(self) -> str:
        return self.name


class Organisation(Model):
    """A party of the industry; `parent_id` is its group."""

    __tablename__ = "organisation"
    short_code: Mapped[str] = mapped_column(String(3), unique=True)
    numeric_id: Mapped[int] = mapped_column(Id, unique=True)
    name: Mapped[str] = mapped_column(String(120))
    kind_code: Mapped[str] = mapped_column(ForeignKey("organisation_kind.code"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    advocate_name: Mapped[str] = mapped_column(String(120), default="")
    is_active: Mapped[bool] = mapped_column(default=True)
    # Which changes of access need a second pair of eyes (domain.approvals).
    approval_acts: Mapped[str] = mapped_column(String(80), default=EVERY_ACT, server_default=EVERY_ACT)
    version: Mapped[int] = mapped_column(default=1)
    kind: Mapped[OrganisationKind] = relationship(lazy="raise")

    def __str__(self) -> str:
        return f"{self.name} ({self.short_code})"


XOSERVE_KIND = "CDSP"
