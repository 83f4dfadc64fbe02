"""app.mail.transports: servers by address, passwords, encryption, silence; and a folder."""

import stat
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from app.config import BadSetting, Config
from app.domain import clock
from app.mail import transports
from app.mail.message import make_message
from app.mail.sending import mailer_of
from app.mail.transports import FolderTransport, SmtpTransport, Unreachable
from app.models import OutgoingMail
from tests.mail.servers import Box, free_port, knows, make_certificate, saying, serving


def a_message() -> EmailMessage:
    mail = OutgoingMail(
        address="ann@alder.example",
        subject="Hello",
        message_key="k1",
        created_at=clock.now(),
        text="x",
        html="<p>x</p>",
    )
    return make_message(mail, "Ann", sender="no-reply@cms.example", base_url="https://cms.example")


def give(url: str) -> None:
    with SmtpTransport(url).open() as send:
        send(a_message(), "k1")


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("smtp://mail.example", "mail.example", 25),
        ("smtp://mail.example:2525", "mail.example", 2525),
        ("smtps://u:p%40@mail.example", "mail.example", 465),
        ("smtp://u:p@mail.example:587?starttls=1", "mail.example", 587),
        ("smtp://u:p@127.0.0.1", "127.0.0.1", 25),
    ],
)
def test_a_server_is_named_by_its_address(url, host, port) -> None:
    transport = SmtpTransport(url)
    assert (transport.host, transport.port) == (host, port)


@pytest.mark.parametrize(
    "url",
    [
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://mail.example:nought",
        "smtp://mail.example/path",
        "smtp://mail.example?starttls=0",
        "smtp://mail.example?tls=1",
        "smtp://u:p@mail.example",
    ],
)
def test_an_address_that_makes_no_sense_stops_the_start_and_tells_no_password(url) -> None:
    with pytest.raises(BadSetting) as refused:
        mailer_of(Config(smtp_url=url))
    assert "CMS_SMTP_URL" in str(refused.value) and "u:p" not in str(refused.value)


def test_mail_is_from_the_services_own_host_unless_set() -> None:
    assert mailer_of(Config(base_url="https://cms.example:8443")).sender == "no-reply@cms.example"
    assert mailer_of(Config()).sender == "no-reply@localhost"
    assert mailer_of(Config(mail_from="contacts@xoserve.example")).sender == "contacts@xoserve.example"


# What the server of the test is warned of is why such an address is refused anywhere but on loopback.
@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_a_password_is_given_to_a_server_that_wants_one() -> None:
    box = Box()
    wanted = {"authenticator": knows("cms", "s@cret"), "auth_required": True, "auth_require_tls": False}
    with serving(box, **wanted) as port:
        give(f"smtp://cms:s%40cret@127.0.0.1:{port}")
        for wrong in ("cms:wrong@", ""):
            with pytest.raises(Unreachable) as refused:
                give(f"smtp://{wrong}127.0.0.1:{port}")
            assert "wrong" not in str(refused.value) and "answered 53" in str(refused.value)
    assert len(box.taken) == 1


def test_mail_is_encrypted_and_only_for_a_server_somebody_vouches_for(tmp_path, monkeypatch) -> None:
    box = Box()
    certificate, context = make_certificate(tmp_path)
    with serving(box, tls_context=context, require_starttls=True) as port:
        url = f"smtp://127.0.0.1:{port}"
        for refused in (url, f"{url}?starttls=1"):
            with pytest.raises(Unreachable):
                give(refused)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        give(f"{url}?starttls=1")
    assert len(box.taken) == 1


@pytest.mark.parametrize("words", [b"", b"HTTP/1.1 200 OK\r\n\r\n", b"\xff\xfe\r\n", b"220 hello\r\n", b"554 no\r\n"])
def test_a_server_that_says_nothing_sensible_is_not_waited_for(monkeypatch, words) -> None:
    monkeypatch.setattr(transports, "TIMEOUT_SECONDS", 0.3)
    with saying(words) as port, pytest.raises(Unreachable, match="does not answer|answered"):
        give(f"smtp://127.0.0.1:{port}")


def test_nobody_there_is_unreachable() -> None:
    with pytest.raises(Unreachable, match="does not answer"):
        give(f"smtp://127.0.0.1:{free_port()}")


def test_a_folder_keeps_each_mail_once_for_its_owner_alone(tmp_path) -> None:
    folder = FolderTransport(tmp_path / "mail")
    for _ in range(2):
        with folder.open() as send:
            send(a_message(), "k1")
    (kept,) = folder.folder.iterdir()
    assert kept.name == "k1.eml" and stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.folder.stat().st_mode) == 0o700
    assert message_from_bytes(kept.read_bytes(), policy=default)["To"] == "ann@alder.example"


def test_a_folder_that_cannot_be_written_is_like_a_server_that_is_down(tmp_path) -> None:
    (tmp_path / "mail").write_text("in the way")
    with FolderTransport(tmp_path / "mail").open() as send, pytest.raises(Unreachable, match="cannot be written"):
        send(a_message(), "k1")
