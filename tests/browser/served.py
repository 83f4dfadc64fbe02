"""What every file that a page asks for must be: ours, called by its hash, kept for a year, and nothing unmaintained."""

import gzip
import re
import urllib.request
from functools import cache

from app.views import static_files

HASHED = re.compile(r"\.[0-9a-f]{12}\.(css|js|svg|png|ico)$")
# What the panel is not made of: by name and by what their files say of themselves.
BANNED = (
    "jquery",
    "select2",
    "moment",
    "x-editable",
    "fontawesome",
    "font-awesome",
    "bootstrap.js",
    "bootstrap.min.js",
)
BANNERS = (
    r"jQuery (JavaScript Library )?v\d", r"Select2 \d", r"moment\.js", r"X-editable", r"Font ?Awesome (Free|Pro)? ?\d",
    r"\* Bootstrap( JavaScript)? v?[34]\.", r"bootstrap\.js v[34]\.", r"window\.jQuery|require\(.jquery.\)",
)  # fmt: skip
KEPT = f"public, max-age={static_files.YEAR}, immutable"


def is_unmaintained(name: str, text: str) -> bool:
    """Whether a file is, or holds, a library that must not be there."""
    return any(one in name.lower() for one in BANNED) or any(re.search(one, text, re.IGNORECASE) for one in BANNERS)


@cache
def fault_of(origin: str, path: str) -> str:
    """What is wrong with a file that a page asked for, or ""; each is fetched once."""
    if not path.startswith(static_files.PREFIX) or not HASHED.search(path):
        return "not a file of ours called by its hash"
    request = urllib.request.Request(origin + path, headers={"Accept-Encoding": "gzip"})  # noqa: S310 - our own panel
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        body, headers = answer.read(), answer.headers
    if headers["Cache-Control"] != KEPT:
        return f"kept as {headers['Cache-Control']}"
    text = (gzip.decompress(body) if headers["Content-Encoding"] == "gzip" else body).decode(errors="replace")
    return "a library that nobody maintains" if is_unmaintained(path, text) else ""
