"""Where a webhook may be sent: what an address looks like, and which machines it may lead to.

Whoever enters an address makes this house ask it. So nothing is sent into the house's own network, unless the house
says that other systems stand there.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from domain.errors import Refusal

LONGEST = 2000
# RFC 3986, 2: what else an address would hold is written with %.
_SIGNS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")
# Addresses of the old internet written in the new one's: what they lead to is the address inside.
_NAT64 = IPv6Network("64:ff9b::/96")


class BadWebhook(Refusal):
    """A subscription can't be kept like this; `facts["field"]` names the part."""

    code = "BadWebhook"


@dataclass(frozen=True, slots=True)
class Target:
    """`host` as it stands in the address, without brackets."""

    scheme: str
    host: str
    port: int


def target_of(url: str) -> Target:
    """Raises BadWebhook for what is no address of a web server, or names a user or a fragment."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _bad("This is no address; write it like https://example.com/hooks/amends.") from None
    if len(url) > LONGEST or not _SIGNS.fullmatch(url) or port == 0:
        raise _bad("The address is too long, or holds blanks or signs that an address has not.")
    if parts.scheme not in ("https", "http") or not host:
        raise _bad("The address must begin with https:// and name a machine.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise _bad("The address may name no user and no fragment; the signature is how a listener knows us.")
    if parts.scheme == "http" and not is_loopback(host):
        raise _bad("Webhooks go over https; http is for this very machine only.")
    return Target(parts.scheme, host, port or (443 if parts.scheme == "https" else 80))


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def refuse_inside(addresses: Iterable[str], *, private_allowed: bool) -> None:
    """Raises BadWebhook where one of the machines behind a name is not on the open internet."""
    if private_allowed:
        return
    if any(not _is_outside(ip_address(address.partition("%")[0])) for address in addresses):
        raise _bad(
            "The address leads to a machine that is not on the open internet. An administrator may allow that for the "
            "whole house (AMENDS_WEBHOOK_PRIVATE)."
        )


def _is_outside(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _is_outside(inner)
    return address.is_global and not address.is_multicast


def _bad(message: str) -> BadWebhook:
    return BadWebhook(message, field="url")
