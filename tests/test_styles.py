"""Of Tabler's styles only what pages use is served, and all that they use."""

import pytest

from app.views import static_files
from tests.html_pages import CUT_CLASSES, check_page
from tools.vendor import TABLER, words_of_pages


def test_no_class_that_is_written_anywhere_was_cut() -> None:
    """Every word of a template, a view or a script may be one. The crawl sees those that are put together."""
    assert len(CUT_CLASSES) > 1000 and {"btn", "form-control"} <= words_of_pages()
    assert sorted(words_of_pages() & CUT_CLASSES) == [], "make vendor"


def test_a_page_with_a_class_that_was_cut_is_found() -> None:
    page = """<!doctype html><html lang="en-GB"><head><title>A page - Contact Management Service</title></head>
<body><main id="content"><h1 class="{}">A page</h1></main></body></html>"""
    check_page(page.format("m-0"), "/")
    with pytest.raises(AssertionError, match="accordion-body was cut"):
        check_page(page.format("accordion-body"), "/")


def test_what_is_left_still_says_whose_it_is() -> None:
    text = TABLER.read_text()
    assert "Tabler v" in text and "Licensed under MIT" in text
    assert len(text) < 150_000
    assert static_files._load("css/cms.css").body.startswith(text.encode())
