"""Contact types are data: what may be raised, by whom, with which data items, and how it may end."""

from datetime import date
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.item import Item
from app.models.base import Json, Model
from app.models.organisation import OrganisationKind


class ContactType(Model):
    """One kind of contact; its code is permanent."""

    __tablename__ = "contact_type"
    code: Mapped[str] = mapped_column(String(4), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    family: Mapped[str] = mapped_column(String(20))
    first_worker: Mapped[str] = mapped_column(String(20))
    guidance: Mapped[str] = mapped_column(Text, default="")
    duplicate_rule: Mapped[str] = mapped_column(String(10), default="warn")
    closure_days: Mapped[dict[str, int]] = mapped_column(Json, default=dict)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)
    raisers: Mapped[list["ContactTypeRaiser"]] = relationship(
        lazy="raise", order_by="ContactTypeRaiser.kind_code", cascade="all, delete-orphan"
    )
    targets: Mapped[list["Target"]] = relationship(lazy="raise", order_by="Target.days", cascade="all, delete-orphan")
    items: Mapped[list["DataItem"]] = relationship(
        lazy="raise", order_by="DataItem.position, DataItem.id", back_populates="contact_type"
    )

    def is_raisable_on(self, day: date) -> bool:
        """Whether new contacts of this type are taken on that London day."""
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


FAMILIES = (("operational", "Operational"), ("invoicing", "Invoicing"), ("reconciliation", "Reconciliation"))
FIRST_WORKERS = (("xoserve", "Xoserve"), ("network", "The network"), ("dmsp", "The DMSP"))
DUPLICATE_RULES = (("ignore", "Ignore"), ("warn", "Warn"), ("refuse", "Refuse"))


class ContactTypeRaiser(Model):
    """An organisation kind that may raise a type."""

    __tablename__ = "contact_type_raiser"
    __table_args__ = (UniqueConstraint("contact_type_id", "kind_code"),)
    contact_type_id: Mapped[int] = mapped_column(ForeignKey("contact_type.id"))
    kind_code: Mapped[str] = mapped_column(ForeignKey("organisation_kind.code"))
    kind: Mapped[OrganisationKind] = relationship(lazy="raise", viewonly=True)


class Target(Model):
    """`percentage` of a type's contacts are to be completed within `days` business days."""

    __tablename__ = "target"
    __table_args__ = (UniqueConstraint("contact_type_id", "days"),)
    contact_type_id: Mapped[int] = mapped_column(ForeignKey("contact_type.id"))
    days: Mapped[int]
    percentage: Mapped[int]


class DataItem(Model):
    """One question of a contact type; its code is permanent, and it is retired rather than deleted."""

    __tablename__ = "data_item"
    __table_args__ = (UniqueConstraint("contact_type_id", "code"),)
    contact_type_id: Mapped[int] = mapped_column(ForeignKey("contact_type.id"))
    code: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(40))
    is_required: Mapped[bool] = mapped_column(default=False)
    is_required_to_resolve: Mapped[bool] = mapped_column(default=False)
    help: Mapped[str] = mapped_column(String(400), default="")
    limits: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    choices: Mapped[list[list[str]]] = mapped_column(Json, default=list)
    position: Mapped[int] = mapped_column(default=0)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)
    contact_type: Mapped[ContactType] = relationship(lazy="raise", back_populates="items")

    def is_asked_on(self, day: date) -> bool:
        """Whether the question is put on that London day."""
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)

    def as_item(self) -> Item:
        """The item as the rules see it."""
        return Item(
            code=self.code,
            label=self.label,
            kind=self.kind,
            is_required=self.is_required,
            help=self.help,
            limits=self.limits,
            choices=tuple((code, label) for code, label in self.choices),
        )

    def __str__(self) -> str:
        return f"{self.code} {self.label}"


class OutcomeCode(Model):
    """A resolution or rejection code: how a contact ended, in words the customer reads."""

    __tablename__ = "outcome_code"
    code: Mapped[str] = mapped_column(String(12), unique=True)
    kind: Mapped[str] = mapped_column(String(12))
    text: Mapped[str] = mapped_column(String(200))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
