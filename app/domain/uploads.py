"""What an uploaded file can be about."""

from enum import StrEnum


class UploadKind(StrEnum):
    """The kind of a file says who may see it, what its columns are and what becomes of its rows (imports.kinds)."""

    CONTACTS = "contacts"
    PEOPLE = "people"
