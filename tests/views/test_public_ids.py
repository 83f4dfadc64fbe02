"""Ids and page tokens as they leave: they tell nobody how many rows others have, and cannot be made up."""

import re
from base64 import urlsafe_b64decode

from app.views import public_ids

TEXT = '["newest", 4711]'


def test_no_address_holds_the_number_of_a_row(busy, browser) -> None:
    alder = busy["alder"]
    ann, lena = browser("ann"), browser("lena")
    for person, address, number, code in (
        (ann, "/uploads/{}/", alder.upload_id, alder.upload_code),
        (ann, "/uploads/{}/errors.csv", alder.upload_id, alder.upload_code),
        (lena, "/people/details/?id={}", alder.user_pk, alder.user_code),
        (lena, "/activity/details/?id={}", alder.event_id, alder.event_code),
    ):
        assert not code.isdigit()
        assert person.get(address.format(code)).status_code == 200, address
        assert person.get(address.format(number)).status_code == 404, address
    for person, address, pattern in (
        (ann, "/uploads/", r'href="/uploads/([^"/?]+)/"'),
        (lena, "/people/", r'href="/people/details/\?id=([^"&]+)"'),
        (lena, "/activity/", r'href="/activity/details/\?id=([^"&]+)"'),
    ):
        found = set(re.findall(pattern, person.get(address).get_data(as_text=True))) - {"new"}
        assert found and not any(code.isdigit() for code in found), (address, found)


def test_an_id_comes_back_and_nothing_else_passes_for_one(app) -> None:
    with app.app_context():
        codes = [public_ids.encode_id(pk) for pk in range(1, 200)]
        assert [public_ids.decode_id(code) for code in codes] == list(range(1, 200))
        assert [public_ids.decode_id(code.lower()) for code in codes if not code.islower()].count(None) == len(codes)
        assert public_ids.decode_id(codes[0] + " ") is None and public_ids.decode_id("x" * 40) is None


def test_a_token_tells_nothing_and_is_never_the_same(app) -> None:
    with app.app_context():
        tokens = {public_ids.seal(TEXT) for _ in range(20)}
        assert len(tokens) == 20
        for token in tokens:
            assert public_ids.unseal(token) == TEXT
            raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
            assert b"newest" not in raw and b"4711" not in raw


def test_a_changed_token_opens_nothing(app) -> None:
    with app.app_context():
        token = public_ids.seal(TEXT)
        for place in range(len(token) - 1):  # the last letter holds bits that stand for nothing
            other = "A" if token[place] != "A" else "B"
            assert public_ids.unseal(token[:place] + other + token[place + 1 :]) is None, place


def test_another_secret_gives_other_ids_and_opens_no_token(app, monkeypatch) -> None:
    with app.app_context():
        codes, token = [public_ids.encode_id(pk) for pk in range(1, 50)], public_ids.seal(TEXT)
        monkeypatch.setitem(app.config, "SECRET_KEY", "the secret of another service, long enough")
        assert not set(codes) & {public_ids.encode_id(pk) for pk in range(1, 50)}
        assert public_ids.unseal(token) is None
