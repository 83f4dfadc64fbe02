"""Which rows of a list a person chose."""

from enum import StrEnum

from werkzeug.datastructures import MultiDict

MOST_PICKS = 200


class Which(StrEnum):
    """What a list offers to choose."""

    TICKED = "ticked"
    PAGE = "page"
    ALL = "all"


def read_which(form: MultiDict[str, str]) -> Which:
    """Which rows are meant; those ticked when the form says nothing that makes sense."""
    given = form.get("which", "")
    return next((which for which in Which if which == given), Which.TICKED)


def read_picks(form: MultiDict[str, str]) -> list[str]:
    """The rows ticked, or all that the page showed, each once."""
    picks = form.get("shown", "").split(",") if read_which(form) is Which.PAGE else form.getlist("pick")
    return list(dict.fromkeys(pick for pick in picks if pick))[: MOST_PICKS + 1]
