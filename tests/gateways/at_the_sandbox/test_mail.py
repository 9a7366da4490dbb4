"""Our mail against the sandbox's post office."""

import secrets
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from gateways.failures import AuthRevoked, GatewayFailure, Rejected, Transient
from gateways.mail import Letter, Mail, PostOffice, Security
from tests.gateways.at_the_sandbox.conftest import SECONDS, Tell

SUBJECT = "【加急】案件 A26-1 首次联系超时:请在今天之内处理,不要让它再等一天"


@pytest.fixture
async def office(read: Tell, tmp_path: Path) -> PostOffice:
    """STARTTLS, with the sandbox's own authority."""
    found = await read("/control/mail/office")
    (tmp_path / "ca.pem").write_text(found["certificate"])
    return PostOffice(
        "127.0.0.1", found["port"], "amends@example.com", user="amends", password=SecretStr("right"),
        ca_file=str(tmp_path / "ca.pem"),
    )  # fmt: skip


def letter(to: str = "") -> Letter:
    to = to or f"{secrets.token_hex(6)}@example.com"
    return Letter(to, SUBJECT, "阿里斯:\n客户在等您的电话 😡\n", secrets.token_hex(8), datetime.now(UTC))


async def arrived(read: Tell, sent: Letter) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await read("/control/mail", recipient=sent.to)
    return found


@pytest.mark.parametrize("security", list(Security))
async def test_a_chinese_mail_arrives_as_it_was_written(office: PostOffice, read: Tell, security: Security) -> None:
    found = await read("/control/mail/office")
    office = replace(office, security=security, port=found["tls_port" if security is Security.TLS else "port"])
    sent = letter()
    await Mail(office, seconds=5).send(sent)
    (mail,) = await arrived(read, sent)
    assert (mail["subject"], mail["text"], mail["secured"]) == (sent.subject, sent.text, security)
    assert (mail["message_id"], mail["login"]) == (f"<{sent.id}@example.com>", "amends")


async def test_plain_words_go_no_further_than_this_machine(office: PostOffice) -> None:
    away = replace(office, host="mail.example.com", security=Security.PLAIN)
    with pytest.raises(Rejected, match="not-protected"):
        await Mail(away, seconds=5).send(letter())


async def test_a_certificate_of_an_unknown_authority_is_not_believed(office: PostOffice) -> None:
    with pytest.raises(Rejected, match="bad-certificate"):
        await Mail(replace(office, ca_file=""), seconds=5).send(letter())


async def test_a_wrong_password_a_mailbox_that_is_not_there_and_an_office_that_is_closed_are_told_apart(
    office: PostOffice, read: Tell
) -> None:
    with pytest.raises(AuthRevoked):
        await Mail(replace(office, password=SecretStr("wrong")), seconds=5).send(letter())
    with pytest.raises(Rejected, match="550"):
        await Mail(office, seconds=5).send(letter("nobody@example.com"))
    with pytest.raises(Transient, match="no-connection"):
        await Mail(replace(office, port=9), seconds=5).send(letter())


@pytest.mark.parametrize(
    ("plan", "unknown", "came"),
    [
        ("timeout_before", True, 0),
        ("timeout_after", True, 1),
        ("nonsense", True, 0),
        ("system_error", False, 0),
        ("rate_limit", False, 0),
    ],
)
async def test_only_silence_after_the_data_leaves_it_open(
    office: PostOffice, read: Tell, fault: Tell, plan: str, unknown: bool, came: int
) -> None:
    await fault("smtp.send", plan)
    sent = letter()
    with pytest.raises(GatewayFailure) as failed:
        await Mail(office, seconds=SECONDS * 2).send(sent)
    assert (failed.value.maybe_done, len(await arrived(read, sent))) == (unknown, came)
