"""Every way the service says no. A message is a sentence fit to be shown to the person who asked."""


class DomainError(Exception):
    """Base of every refusal; `message` says what is wrong and what to do."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class RuleBroken(DomainError):
    """The request makes sense but a rule forbids it now."""


class InvalidItems(RuleBroken):
    """Some answers of a draft are wrong; `errors` is ordered as the fields are shown."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("Some answers need attention.")
        self.errors = errors


class NotAllowed(DomainError):
    """The actor lacks the permission."""


class ShutOut(DomainError):
    """The password was right and there is still no way in; `ask` are the names of those who can help."""

    def __init__(self, message: str, ask: tuple[str, ...]) -> None:
        super().__init__(message)
        self.ask = ask


class NotProved(DomainError):
    """This needs a person who has just shown who they are."""


class NotFound(DomainError):
    """There is no such row, or none that this actor may know of; both look the same."""


class Conflict(DomainError):
    """Somebody else was first."""


class UnreadableUpload(DomainError):
    """The whole file is refused; `code` is one of the IMP codes."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
