"""Mail over the wire: what a server sees, what its refusals mean, and what no address or subject can do."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.clock import clock
from core.errors import ConfigurationError
from core.settings import Settings
from providers.messaging import smtp
from providers.messaging.base import Attachment, Mail, MailError, MailNotAccepted, MailUnavailable
from providers.messaging.smtp import SmtpSender, SmtpServer, create_smtp_sender
from services.notifications.letters import compose
from tests.support.smtp import SmtpBox, open_box

FROM = "Mây du lịch <no-reply@may.example>"
TO = "nguyen.van.an@example.com"


def write(to: str = TO, subject: str | None = None) -> Mail:
    mail = compose(
        "verify_email", "vi", {"code": "481516", "minutes": "5"}, message_id="0192", to=to, is_simulated=False
    )
    return Mail(mail.message_id, to, subject or mail.subject, mail.text, mail.html, mail.language)


def sender_to(box: SmtpBox, **fields: str) -> SmtpSender:
    server = SmtpServer("127.0.0.1", box.port, fields.pop("tls", "none"), **fields)  # type: ignore[arg-type]  # a Literal
    return SmtpSender(server, FROM)


async def test_accepted_mail_arrives_whole_in_both_forms() -> None:
    async with open_box(SmtpBox(extensions=("8BITMIME",))) as box:
        await sender_to(box).send(write())
    (message,) = box.accepted
    assert message["Message-ID"] == "<0192@may.example>"
    assert (message["To"], message["From"]) == (TO, FROM)
    assert message["Subject"] == write().subject
    assert message["Date"].datetime == clock.now()
    assert (message["Auto-Submitted"], message["Content-Language"]) == ("auto-generated", "vi")
    plain, page = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert page is not None
    assert plain.get_content().replace("\r\n", "\n") == write().text
    assert page.get_content().replace("\r\n", "\n") == write().html
    assert [command for command in box.commands if command.startswith(("MAIL", "RCPT"))][1] == f"RCPT TO:<{TO}>"


async def test_repeated_mail_carries_the_same_name() -> None:
    async with open_box(SmtpBox()) as box:
        for _ in range(2):
            await sender_to(box).send(write())
    assert [message["Message-ID"] for message in box.accepted] == ["<0192@may.example>"] * 2


async def test_files_arrive_whole_under_their_names() -> None:
    files = (
        Attachment("ABC123.ics", "text/calendar; method=PUBLISH", "BEGIN:VCALENDAR\r\nX:Hà Nội\r\n".encode()),
        Attachment("receipt-ABC123.html", "text/html", "<p>Đà Nẵng</p>\n".encode()),
    )
    async with open_box(SmtpBox(extensions=("8BITMIME",))) as box:
        await sender_to(box).send(replace(write(), attachments=files))
    (message,) = box.accepted
    parts = list(message.iter_attachments())
    assert [(part.get_filename(), part.get_content_type()) for part in parts] == [
        ("ABC123.ics", "text/calendar"),
        ("receipt-ABC123.html", "text/html"),
    ]
    assert parts[0].get_param("method") == "PUBLISH"
    contents = [part.get_content().replace("\r\n", "\n") for part in parts]
    assert contents == [each.content.decode().replace("\r\n", "\n") for each in files]
    body = message.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == write().text
    assert message["Content-Language"] == "vi"


@pytest.mark.parametrize("extensions", [(), ("8BITMIME",)])
async def test_lines_that_begin_with_a_dot_end_nothing(extensions: tuple[str, ...]) -> None:
    mail = Mail("1", TO, "dots", ".\n..\n.RCPT TO:<eve@example.com>\n", "<p>\n.\n</p>", "en")
    async with open_box(SmtpBox(extensions=extensions)) as box:
        await sender_to(box).send(mail)
    body = box.accepted[0].get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == mail.text
    assert sum(command.startswith("RCPT") for command in box.commands) == 1


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({"connect": "554 go away"}, MailUnavailable),
        ({"connect": "421 later"}, MailUnavailable),
        ({"connect": ""}, MailUnavailable),
        ({"EHLO": ""}, MailUnavailable),
        ({"MAIL": "451 busy"}, MailUnavailable),
        ({"MAIL": "550 we do not know you"}, MailUnavailable),
        ({"RCPT": "450 greylisted, come back"}, MailUnavailable),
        ({"RCPT": "550 no such user"}, MailNotAccepted),
        ({"DATA": "451 no room"}, MailUnavailable),
        ({"DATA": "554 no"}, MailNotAccepted),
        ({"message": "452 no room"}, MailUnavailable),
        ({"message": "550 spam"}, MailNotAccepted),
        ({"message": ""}, MailUnavailable),
    ],
)
async def test_refusal_of_the_mail_is_for_good_and_everything_else_is_not(
    answers: dict[str, str], error: type[MailError]
) -> None:
    async with open_box(SmtpBox(answers=answers)) as box:
        with pytest.raises(error) as raised:
            await sender_to(box).send(write())
    assert not box.accepted
    assert raised.value.__cause__ is None
    assert TO not in f"{raised.value!r}"
    assert raised.value.__suppress_context__


async def test_wrong_password_is_our_fault_and_not_the_mails() -> None:
    box = SmtpBox(extensions=("AUTH PLAIN",), answers={"AUTH": "535 wrong"})
    async with open_box(box):
        with pytest.raises(MailUnavailable):
            await sender_to(box, username="us", password="secret").send(write())
    assert not any(command.startswith("MAIL") for command in box.commands)


async def test_server_that_is_not_there_is_unavailable() -> None:
    async with open_box(SmtpBox()) as box:
        pass
    with pytest.raises(MailUnavailable):
        await sender_to(box).send(write())


async def test_silent_server_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "SEND_SECONDS", 0.05)

    class Silent(SmtpBox):
        async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

    async with open_box(Silent()) as box:
        with pytest.raises(MailUnavailable):
            await sender_to(box).send(write())


async def test_nothing_is_said_in_the_clear_to_a_server_without_starttls() -> None:
    box = SmtpBox(extensions=("AUTH PLAIN",))
    async with open_box(box):
        with pytest.raises(MailUnavailable):
            await sender_to(box, tls="starttls", username="us", password="secret").send(write())
    assert not any(command.split()[0] in ("AUTH", "MAIL") for command in box.commands)


@pytest.mark.parametrize(
    ("to", "subject"),
    [
        ("an@example.com\r\nBcc: eve@example.com", "hello"),
        ("an@example.com>\r\nRCPT TO:<eve@example.com", "hello"),
        (TO, "hello\r\nBcc: eve@example.com"),
        (TO, "hello\nBcc: eve@example.com"),
        ("an@" + "a" * 70 + ".com", "hello"),
    ],
)
async def test_address_and_subject_cannot_become_headers_or_recipients(to: str, subject: str) -> None:
    async with open_box(SmtpBox()) as box:
        with pytest.raises(MailNotAccepted) as raised:
            await sender_to(box).send(write(to, subject))
    assert not box.accepted
    assert not any(command.startswith("RCPT") for command in box.commands)
    assert "eve" not in str(raised.value)


async def test_two_addresses_in_one_are_one_that_nobody_has() -> None:
    async with open_box(SmtpBox()) as box:
        await sender_to(box).send(write("an@example.com, eve@example.com"))
    recipients = [command for command in box.commands if command.startswith("RCPT")]
    assert recipients == ['RCPT TO:<"an@example.com, eve"@example.com>']


async def test_address_in_another_script_is_sent_where_the_server_can_and_refused_where_not() -> None:
    async with open_box(SmtpBox(extensions=("8BITMIME", "SMTPUTF8"))) as able, open_box(SmtpBox()) as unable:
        await sender_to(able).send(write("an@đại-lý.example"))
        await sender_to(able).send(write("ân@example.com"))
        await sender_to(unable).send(write("an@đại-lý.example"))
        with pytest.raises(MailNotAccepted):
            await sender_to(unable).send(write("ân@example.com"))
    assert [command for command in unable.commands if command.startswith("RCPT")] == [
        f"RCPT TO:<an@{'đại-lý.example'.encode('idna').decode()}>"
    ]
    assert [message["To"] for message in able.accepted][1] == "ân@example.com"


def make_certificate(folder: Path) -> Path:
    """A certificate of 127.0.0.1, signed by itself, with its key in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(clock.now() - timedelta(days=3650))
        .not_valid_after(clock.now() + timedelta(days=3650))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    encoding, kind = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path.write_bytes(
        certificate.public_bytes(encoding) + key.private_bytes(encoding, kind, serialization.NoEncryption())
    )
    return path


async def test_smtps_signs_in_under_tls_and_to_the_right_server_only(tmp_path: Path) -> None:
    path = make_certificate(tmp_path)
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(path)
    async with open_box(SmtpBox(extensions=("AUTH PLAIN",)), serving) as box:
        server = SmtpServer.from_url(f"smtps://us:p%40ss@127.0.0.1:{box.port}")
        with pytest.raises(MailUnavailable):  # nobody we trust vouches for it
            await SmtpSender(server, FROM).send(write())
        assert not box.commands
        await SmtpSender(server, FROM, ssl.create_default_context(cafile=path)).send(write())
    assert len(box.accepted) == 1
    assert any(command.startswith("AUTH PLAIN") for command in box.commands)


@pytest.mark.parametrize(
    ("url", "server"),
    [
        (
            "smtps://us:p%40ss@mail.example:465",
            SmtpServer("mail.example", 465, "implicit", username="us", password="p@ss"),
        ),
        ("smtps://127.0.0.1", SmtpServer("127.0.0.1", 465, "implicit")),
        ("smtp://mail.example", SmtpServer("mail.example", 587, "starttls")),
        ("smtp://u%40d.vn@mail.example:25", SmtpServer("mail.example", 25, "starttls", username="u@d.vn")),
        ("smtp://localhost:1025", SmtpServer("localhost", 1025, "none")),
        ("smtp://127.0.0.1:1025", SmtpServer("127.0.0.1", 1025, "none")),
        ("smtp://[::1]:1025", SmtpServer("::1", 1025, "none")),
        ("smtp://localhost.example", SmtpServer("localhost.example", 587, "starttls")),
    ],
)
def test_url_says_where_and_how(url: str, server: SmtpServer) -> None:
    assert SmtpServer.from_url(url) == server
    assert "p@ss" not in repr(SmtpServer.from_url(url))


@pytest.mark.parametrize(
    "url",
    ["mail.example", "http://mail.example", "smtp://:25", "smtp://us:p@ss@mail.example", "smtp://mail.example:port"],
)
def test_url_that_cannot_be_read_is_told_without_quoting_it(url: str) -> None:
    with pytest.raises(ConfigurationError, match="SMTP_URL") as raised:
        create_smtp_sender(Settings(_env_file=None, smtp_url=url))
    assert url not in str(raised.value)


@pytest.mark.parametrize("mail_from", ["", "nobody", "A <a@b>, C <c@d>", "A <a@b>\r\nBcc: c@d", "A <a@b> x"])
def test_sender_that_is_none_is_told(mail_from: str) -> None:
    with pytest.raises(ConfigurationError, match="MAIL_FROM"):
        create_smtp_sender(Settings(_env_file=None, smtp_url="smtp://mail.example", mail_from=mail_from))


def test_without_a_mail_server_there_is_no_such_sender() -> None:
    settings = Settings(_env_file=None)
    assert create_smtp_sender(settings) is None
    real = create_smtp_sender(
        settings.model_copy(update={"smtp_url": Settings(smtp_url="smtp://mail.example").smtp_url})
    )
    assert real is not None
    assert not real.is_simulated
