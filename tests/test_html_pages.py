"""What looks at every page sees each of the faults it is there for."""

import pytest

from app.views import static_files
from tests.html_pages import check_page

DRAWING, SCRIPT = (static_files.PREFIX + static_files.hashed(name) for name in ("img/icon.svg", "js/cms.js"))
GOOD = f"""<!doctype html><html lang="en-GB"><head><title>A page - Contact Management Service</title></head><body>
<nav aria-label="Main"><a href="#content">Skip</a></nav>
<main id="content"><h1>A page</h1><h2>A part</h2>
<form method="post"><input type="hidden" name="csrf_token" value="x"><label for="name">Name</label>
<input id="name" name="name" aria-describedby="hint"><p id="hint">A hint</p><button>Save</button></form>
<table><caption>People</caption><thead><tr><th scope="col">Name</th></tr></thead></table>
<details><summary>More</summary><p>Words</p></details>
<svg aria-hidden="true"></svg><img src="{DRAWING}" alt=""></main>
<script nonce="n" src="{SCRIPT}"></script></body></html>"""
FAULTS = {
    "end-tag-too-early": ("<h2>A part</h2>", "<h2>A part</h3>"),
    "no sensible title": ("<title>A page", "<title>A"),
    "no language": (' lang="en-GB"', ""),
    "0 h1": ("<h1>A page</h1>", ""),
    "2 h1": ("<h2>A part</h2>", "<h1>Again</h1>"),
    "not one main part": (' id="content"', ' id="other"'),
    "inline code in p: onclick": ("<p>Words", '<p onclick="x()">Words'),
    "inline code in p: style": ("<p>Words", '<p style="color: red">Words'),
    "inline code in a: href": ('href="#content"', 'href="javascript:x()"'),
    "an inline script": (f' src="{SCRIPT}">', ">x()"),
    "not a file that is served: //elsewhere": (
        "</head>",
        '<link rel="preload" href="//elsewhere.example/a.css"></head>',
    ),
    "not a file that is served: /static/js/cms.js": (SCRIPT, "/static/js/cms.js"),
    "an inline style sheet": ("</head>", "<style>p { color: red }</style></head>"),
    "accordion-body was cut": ("<p>Words", '<p class="accordion-body">Words'),
    "h1 is followed by h3": ("<h2>A part</h2>", "<h3>A part</h3>"),
    "the first heading is h2": ('<nav aria-label="Main">', '<nav aria-label="Main"><h2>First</h2>'),
    "two elements are called hint": ("<p>Words", '<p id="hint">Words'),
    "names elsewhere, which is not there": ('aria-describedby="hint"', 'aria-describedby="elsewhere"'),
    "a link leads to #elsewhere": ('href="#content"', 'href="#elsewhere"'),
    "no label": ('<label for="name">Name</label>', ""),
    "no words: <button": ("<button>Save</button>", "<button><b></b></button>"),
    "no alt": (' alt=""', ""),
    "a drawing without a name": ("<svg aria-hidden", "<svg data-hidden"),
    "a nav without a name": (' aria-label="Main"', ""),
    "a form without its token": ("csrf_token", "token"),
    "a table without a caption": ("<caption>People</caption>", ""),
    "a head without a scope": ("</th></tr>", "</th><th>Other</th></tr>"),
    "details without a summary": ("<summary>More</summary>", "<b>More</b>"),
}


def test_a_page_without_fault_passes() -> None:
    check_page(GOOD, "/")


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_seen(fault: str) -> None:
    good, bad = FAULTS[fault]
    assert good in GOOD
    with pytest.raises(AssertionError, match=fault):
        check_page(GOOD.replace(good, bad, 1), "/")
