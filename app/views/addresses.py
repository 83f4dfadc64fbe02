"""Return addresses that cannot leave this site."""

import re
from urllib.parse import unquote, urlsplit

_UNSEEN = re.compile(r"[\x00-\x20\x7f\\]")


def safe_return(address: str | None, default: str) -> str:
    """`address` when it is a plain path of this site, else `default`.

    One leading slash, no host, no backslash and no control characters, also after decoding once.
    """
    if not address or len(address) > 2000:
        return default
    for form in (address, unquote(address)):
        if not re.match(r"^/(?![/\\])", form) or _UNSEEN.search(form):
            return default
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return default
    return address
