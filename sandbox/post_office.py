"""The post office: SMTP in the clear with STARTTLS on one port, TLS from the first byte on another; mails are kept."""

import asyncio
import email
import email.policy
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from sandbox import faults
from sandbox.faults import Fault, FaultKind
from sandbox.world import World

CERTIFICATE, KEY = "post-office.pem", "post-office.key"
# A mailbox that is not there, whatever its domain.
NOBODY = "nobody"


@dataclass
class PostOffice:
    """Which ports were asked for (0: any free one), and after the start those that were taken."""

    host: str = "127.0.0.1"
    port: int | None = None
    tls_port: int | None = None


@asynccontextmanager
async def opened(world: World, office: PostOffice) -> AsyncIterator[None]:
    """Serves until the block ends; nothing where no port was asked for."""
    servers = []
    if office.port is not None:
        server = await _serve(world, office.host, office.port, implicit=False)
        office.port = server.sockets[0].getsockname()[1]
        servers.append(server)
    if office.tls_port is not None:
        server = await _serve(world, office.host, office.tls_port, implicit=True)
        office.tls_port = server.sockets[0].getsockname()[1]
        servers.append(server)
    try:
        yield
    finally:
        for server in servers:
            server.close()


async def _serve(world: World, host: str, port: int, *, implicit: bool) -> asyncio.Server:
    context = _tls(world.store.path.parent)
    handler = Clerk(world, "tls" if implicit else "")

    def made() -> SMTP:
        return SMTP(
            handler, hostname="sandbox", ident="Amends sandbox", timeout=60, loop=asyncio.get_running_loop(),
            tls_context=None if implicit else context, authenticator=handler.login, auth_require_tls=False,
        )  # fmt: skip

    return await asyncio.get_running_loop().create_server(made, host, port, ssl=context if implicit else None)


class Clerk:
    """Takes mails for everybody but `nobody@…`; a planned fault of `smtp.send` comes after the data."""

    def __init__(self, world: World, secured: str) -> None:
        self._world = world
        self._secured = secured

    def login(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        """Everybody may come in but who says `wrong`."""
        if isinstance(data, LoginPassword) and data.password != b"wrong":
            return AuthResult(success=True, auth_data=data.login.decode())
        return AuthResult(success=False, handled=False)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.partition("@")[0] == NOBODY:
            return "550 5.1.1 mailbox unavailable"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        fault = faults.take(self._world, "smtp.send")
        if fault is None:
            self._keep(session, envelope)
            return "250 2.0.0 kept"
        return await self._misbehave(fault, server, session, envelope)

    async def _misbehave(self, fault: Fault, server: SMTP, session: Session, envelope: Envelope) -> str:
        if fault.kind is FaultKind.TIMEOUT_AFTER or fault.after:
            self._keep(session, envelope)
        if fault.kind in (FaultKind.TIMEOUT_BEFORE, FaultKind.TIMEOUT_AFTER):
            await asyncio.sleep(fault.seconds)
            if server.transport is not None:
                server.transport.close()
            return "421 closing"
        if fault.kind is FaultKind.RATE_LIMIT:
            return "450 4.7.1 too many messages, try again later"
        if fault.kind is FaultKind.NONSENSE:
            return "hello?"
        return "451 4.3.0 local error in processing"

    def _keep(self, session: Session, envelope: Envelope) -> None:
        content = envelope.original_content or b""
        mail = email.message_from_bytes(content, _class=EmailMessage, policy=email.policy.default)
        body = mail.get_body(("plain",))
        self._world.store.insert_many(
            "mail",
            [
                {
                    "sender": envelope.mail_from or "",
                    "recipient": recipient,
                    "subject": str(mail["subject"] or ""),
                    "text": body.get_content() if body else "",
                    "message_id": str(mail["message-id"] or ""),
                    "secured": self._secured or ("starttls" if session.ssl is not None else "plain"),
                    "login": session.auth_data if isinstance(session.auth_data, str) else None,
                    "at": time.time(),
                }
                for recipient in envelope.rcpt_tos
            ],
        )


def certificate(folder: Path) -> str:
    """The post office's certificate, signed by itself, as PEM."""
    return _files(folder)[0].read_text()


def _tls(folder: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*_files(folder))
    return context


def _files(folder: Path) -> tuple[Path, Path]:
    """Made at the first start, for 127.0.0.1 and localhost."""
    found = folder / CERTIFICATE, folder / KEY
    if not found[0].exists():
        key = ec.generate_private_key(ec.SECP256R1())
        name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]), datetime.now(UTC)
        names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))])
        made = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=3650))
            .add_extension(names, critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        found[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        found[0].write_bytes(made.public_bytes(Encoding.PEM))
    return found
