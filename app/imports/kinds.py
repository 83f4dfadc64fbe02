"""What a file can be about, and all that depends on it: the one table of kinds.

What whoever looks at an upload is shown of its kind is in views.uploads and views.people.uploads.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from sqlalchemy import select

from app.domain.errors import UnreadableUpload
from app.domain.table import Table
from app.domain.uploads import UploadKind
from app.extensions import db
from app.imports import raising
from app.imports.people import committing, receipt
from app.imports.people.checking import check_people, preview_people
from app.imports.preview import make_preview
from app.imports.raising import Progress
from app.imports.sheet_checker import CheckedRows
from app.imports.verdict import TypeRefused, Verdict, check_file, load_definitions
from app.models import Contact
from app.services.notifications import UploadWords

__all__ = ["KINDS", "Kind", "Progress", "Source"]


class Source(NamedTuple):
    """A file about to be checked; `organisation_id` is whose contacts or people its rows are about."""

    file_name: str
    content: bytes
    type_code: str | None
    organisation_id: int


class Receipt(Protocol):
    """What became of an upload's rows, in row order; of so many where that is said."""

    def __call__(self, upload_id: int, most: int | None = None) -> Table: ...


@dataclass(frozen=True)
class Kind:
    """What a file is about.

    `check` gives the checked rows of a file and writes nothing; `preview` is what is shown of them; `commit` does the
    good rows of a committing upload of an organisation, chunk by chunk; `receipt` is what became of them, or
    of so many of the first.
    """

    name: UploadKind
    check_job: str
    commit_job: str
    check: Callable[[Source, Verdict], Iterator[CheckedRows]]
    preview: Callable[[Verdict], dict[str, Any]]
    commit: Callable[[int, int, Progress], list[str]]
    receipt: Receipt
    told: UploadWords
    nothing_good: str
    begun_already: str


def _check_contacts(source: Source, verdict: Verdict) -> Iterator[CheckedRows]:
    try:
        yield from check_file(source.file_name, source.content, load_definitions(), source.type_code, verdict)
    except TypeRefused as refusal:
        raise UnreadableUpload("IMP-415", refusal.message) from refusal


def _commit_contacts(upload_id: int, organisation_id: int, progress: Progress) -> list[str]:
    return raising.raise_all(upload_id, load_definitions(), progress)


def _contacts_receipt(upload_id: int, most: int | None = None) -> Table:
    wanted = select(Contact.upload_row, Contact.reference, Contact.own_reference, Contact.type_code, Contact.mprn)
    wanted = wanted.where(Contact.upload_id == upload_id).order_by(Contact.upload_row).limit(most)
    # Some are fetched at once: what is read in part leaves the server's cursor open.
    found = db.session.execute(wanted.execution_options(yield_per=1000) if most is None else wanted)
    return Table(["Row", "Reference", "Your reference", "Type", "MPRN"], (list(row) for row in found))


KINDS: dict[UploadKind, Kind] = {
    UploadKind.CONTACTS: Kind(
        name=UploadKind.CONTACTS,
        check_job="check_upload",
        commit_job="commit_upload",
        check=_check_contacts,
        preview=lambda verdict: make_preview(verdict, load_definitions()),
        commit=_commit_contacts,
        receipt=_contacts_receipt,
        told=UploadWords("/uploads/", "contact", "raised"),
        nothing_good="No row of this file is good, so there is nothing to raise.",
        begun_already="This upload is already being raised.",
    ),
    UploadKind.PEOPLE: Kind(
        name=UploadKind.PEOPLE,
        check_job="check_people",
        commit_job="commit_people",
        check=lambda source, verdict: check_people(source.file_name, source.content, source.organisation_id, verdict),
        preview=preview_people,
        commit=committing.commit_all,
        receipt=receipt.list_outcomes,
        told=UploadWords("/people-uploads/", "row", "done"),
        nothing_good="No row of this file is good, so there is nothing to do.",
        begun_already="The rows of this upload are already being done.",
    ),
}
