"""Lists as people like to open them."""

from sqlalchemy import ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Model, OrganisationOwned


class SavedView(OrganisationOwned, Model):
    """A named query string of one list page, seen by its maker and, when shared, by the maker's organisation."""

    __tablename__ = "saved_view"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "organisation_id"], ["user.id", "user.organisation_id"]),
        UniqueConstraint("user_id", "page", "name"),
        Index(None, "organisation_id", "page"),
    )
    user_id: Mapped[int]
    maker_name: Mapped[str] = mapped_column(String(120))
    page: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(60))
    query: Mapped[str] = mapped_column(String(2000))
    is_shared: Mapped[bool] = mapped_column(default=False)

    def __str__(self) -> str:
        return self.name
