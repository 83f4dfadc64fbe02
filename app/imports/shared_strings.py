"""The texts that cells refer to by number: read once, checked once."""

from app.imports import limits
from app.imports.archive import MAIN, Archive, new_parser
from app.imports.limits import Problem, check_text, is_settled
from app.imports.messages import refusal

_STRING, _TEXT, _PHONETIC = MAIN + "si", MAIN + "t", MAIN + "rPh"


class SharedStrings:
    """The shared texts of a workbook, as they count; None stands for one that has a problem."""

    def __init__(self) -> None:
        self.texts: list[str | None] = []
        self._faulty: dict[int, tuple[str, Problem]] = {}

    def add(self, text: str) -> None:
        """Take the next text as it is stored."""
        # How a typed '_x0041_' is kept apart from a coded character.
        text = text.replace("x005F_", "") if "x005F_" in text else text
        if is_settled(text):
            self.texts.append(text)
            return
        text, problem = check_text(text)
        if problem:
            self._faulty[len(self.texts)] = text, problem
        self.texts.append(None if problem else text)

    def look_up(self, index: int) -> tuple[str, Problem | None]:
        """Return a text and what is wrong with it."""
        text = self.texts[index]
        return self._faulty[index] if text is None else (text, None)


def read_strings(archive: Archive, part: str) -> SharedStrings:
    """Read the part that holds the shared texts; of each, how it is pronounced is left out."""
    found = SharedStrings()
    add = found.add
    held = ""
    more: list[str] = []
    depth = 0
    collecting = phonetic = False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal collecting, phonetic, depth
        if tag == _TEXT:
            collecting = not phonetic
        elif tag != _STRING:
            phonetic = phonetic or tag == _PHONETIC
            depth += 1
            if depth > limits.DEPTH:
                raise refusal("IMP-207", found=f"elements nested more than {limits.DEPTH} deep")

    def end(tag: str) -> None:
        nonlocal collecting, phonetic, depth, held
        collecting = False
        if tag == _STRING:
            if more:
                held += "".join(more)
                more.clear()
            add(held)
            held = ""
        elif tag != _TEXT:
            depth -= 1
            if tag == _PHONETIC:
                phonetic = False

    def text(data: str) -> None:
        nonlocal held
        if collecting:
            if held:
                more.append(data)
            else:
                held = data

    parser = new_parser(part)
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    archive.parse(part, parser)
    return found
