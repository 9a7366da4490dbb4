"""E-mail over SMTP: one text to one address, in UTF-8.

Before the data nothing has happened; from there on, without an answer, nobody knows. The steps are asked one by one, so
that a failure says `maybe_done` only after the data began to flow.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from enum import StrEnum
from ipaddress import ip_address

import aiosmtplib
from pydantic import SecretStr

from gateways.failures import AuthRevoked, Details, GatewayFailure, Rejected, Transient, redact
from gateways.wire import Clock, wall_clock

PARTY = "mail server"


class Security(StrEnum):
    """How the way to the mail server is protected; `plain` goes no further than this machine."""

    STARTTLS = "starttls"
    TLS = "tls"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class PostOffice:
    """`ca_file` is the PEM of a private authority, where the server's certificate is not of a public one."""

    host: str
    port: int
    sender: str
    security: Security = Security.STARTTLS
    user: str = ""
    password: SecretStr | None = None
    ca_file: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """`id` makes the Message-ID, so that the same letter is the same mail for whoever sorts out doubles."""

    to: str
    subject: str
    text: str
    id: str
    at: datetime


class Mail:
    def __init__(self, office: PostOffice, *, seconds: float = 10.0, clock: Clock = wall_clock) -> None:
        self._office = office
        self._seconds = seconds
        self._clock = clock
        self._tls: ssl.SSLContext | None = None

    async def send(self, letter: Letter) -> None:
        """Returns when the server has taken the mail; each step has its own time. Raises GatewayFailure."""
        office = self._office
        if office.security is Security.PLAIN and not _is_here(office.host):
            raise Rejected(PARTY, "not-protected", "plain SMTP is for this machine only; set starttls or tls")
        message = _written(office, letter)
        try:
            async with self._session() as server:
                async with asyncio.timeout(self._seconds):
                    await server.mail(office.sender)
                    await server.rcpt(letter.to)
                await self._give(server, message)
        except GatewayFailure:
            raise
        except TimeoutError as cause:
            raise Transient(PARTY, "timeout", "no answer in time; it has nothing yet") from cause
        except (aiosmtplib.SMTPException, OSError, ValueError) as cause:
            raise _failure(cause) from cause

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[aiosmtplib.SMTP]:
        office = self._office
        server = aiosmtplib.SMTP(
            hostname=office.host,
            port=office.port,
            timeout=self._seconds,
            use_tls=office.security is Security.TLS,
            start_tls=office.security is Security.STARTTLS,
            tls_context=self._context(),
            local_hostname="localhost",
        )
        try:
            async with asyncio.timeout(self._seconds):
                await server.connect()
                if office.user:
                    await server.login(office.user, office.password.get_secret_value() if office.password else "")
            yield server
        finally:
            # The mail is given or not by now; how the goodbye goes changes nothing.
            with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                await server.quit()
            server.close()

    async def _give(self, server: aiosmtplib.SMTP, message: bytes) -> None:
        """From here on silence is no answer."""
        try:
            async with asyncio.timeout(self._seconds):
                await server.data(message)
        except aiosmtplib.SMTPResponseException as cause:
            if cause.code == -1:  # what came back is no answer of SMTP
                raise _unknown("unreadable") from cause
            raise _failure(cause) from cause
        except (aiosmtplib.SMTPException, TimeoutError, OSError) as cause:
            raise _unknown("timeout") from cause

    def _context(self) -> ssl.SSLContext | None:
        if self._office.security is Security.PLAIN:
            return None
        if self._tls is None:
            self._tls = ssl.create_default_context(cafile=self._office.ca_file or None)
        return self._tls


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _written(office: PostOffice, letter: Letter) -> bytes:
    """Seven-bit on the wire, whatever the words are, so that every server takes it."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = office.sender, letter.to, " ".join(letter.subject.split())
    message["Date"] = format_datetime(letter.at)
    message["Message-ID"] = f"<{letter.id}@{office.sender.rpartition('@')[2] or 'localhost'}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text, charset="utf-8", cte="base64")
    return message.as_bytes()


def _unknown(code: str) -> Transient:
    return Transient(PARTY, code, "the mail was given and no answer came; it may be on its way", maybe_done=True)


def _failure(cause: Exception) -> GatewayFailure:
    """Before the data: whatever went wrong, the server has no mail of ours."""
    if isinstance(cause, aiosmtplib.SMTPAuthenticationError):
        return AuthRevoked(PARTY, str(cause.code), "check user and password", party_text=redact(cause.message))
    if isinstance(cause, aiosmtplib.SMTPNotSupported):
        return Rejected(PARTY, "no-starttls", "it offers no STARTTLS, or no login that we know", permanent=False)
    if isinstance(cause, ssl.SSLError) or isinstance(cause.__cause__, ssl.SSLError):
        return Rejected(PARTY, "bad-certificate", "its certificate does not hold", permanent=False)
    code = getattr(cause, "code", None)
    if not isinstance(code, int) or isinstance(cause, aiosmtplib.SMTPConnectError):
        return Transient(PARTY, "no-connection", "it was not reached, so it did nothing")
    details = Details(party_text=redact(getattr(cause, "message", "")))
    if 400 <= code < 500:
        return Transient(PARTY, str(code), "it asks to try later", **details)
    return Rejected(PARTY, str(code), "it refused sender, recipient or mail", **details)
