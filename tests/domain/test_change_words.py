"""domain.change_words: what an event altered, as people read it."""

import pytest

from app.domain.change_words import change_lines, change_words, shorten_hashes


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ({}, {}, []),
        ({}, {"user_id": "ALD-KIM", "name": "Kim"}, ["User ID: ALD-KIM", "Name: Kim"]),
        ({"name": "Ann"}, {"name": "Anna"}, ["Name: Ann → Anna"]),
        (
            {"role": "report_reader", "starts_on": "2026-11-01", "ends_on": None},
            {"role": "report_reader", "starts_on": "2026-11-01", "ends_on": "2026-11-30"},
            ["Role: Report reader", "First day: 1 Nov 2026", "Last day: 30 Nov 2026"],
        ),
        (
            {"service": "contacts", "ends_on": "2026-11-30"},
            {},
            ["Service: Contacts → none", "Last day: 30 Nov 2026 → none"],
        ),
        ({"is_active": True}, {"is_active": False}, ["Active: Yes → No"]),
        ({"roles": ["lso", "member"]}, {}, ["Roles: LSO, Member → none"]),
        (
            {"status": "awaiting_information"},
            {"status": "answered_by_nobody"},
            ["Status: Awaiting information → answered_by_nobody"],
        ),
        ({}, {"ends_at": "2026-06-24T12:30:00+00:00"}, ["Until: 24 Jun 2026, 13:30"]),
        ({}, {"filters": {"q": "a", "state": ""}, "sort": "oldest"}, ["Filters: Search: a", "Sort: oldest"]),
        ({}, {"kind": "totp", "name": "Phone"}, ["Kind: Authenticator app", "Name: Phone"]),
        ({}, {"by": "invitation"}, ["By: Invitation"]),
        ({"state": "asked"}, {"state": "approved"}, ["State: Waiting → Approved"]),
        ({"state": "open"}, {"state": "taken"}, ["State: Open → Taken"]),
        ({}, {"contacts": 3, "refused": 0}, ["Contacts: 3", "Refused: 0"]),
        ({}, {"name": "=1+1", "role": "a role of another year"}, ["Name: =1+1", "Role: a role of another year"]),
    ],
)
def test_each_field_is_a_line(before, after, lines) -> None:
    assert change_lines(before, after) == lines
    assert change_words(before, after) == "\n".join(lines)


def test_a_list_shows_the_beginning_of_a_hash() -> None:
    words = change_words({}, {"sha256": "0123456789abcdef" * 4, "size_bytes": 1234})
    assert shorten_hashes(words) == "File hash (SHA-256): 0123456789ab…\nSize in bytes: 1,234"


@pytest.mark.parametrize("text", ["2026-13-45", "2026-02-30"])
def test_what_only_looks_like_a_day_stays_as_it_is(text) -> None:
    assert change_lines({}, {"own_reference": text}) == [f"Own reference: {text}"]
