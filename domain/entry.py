"""The way in: whether a key or a session opens the house at a moment, and how far it reaches.

A key may be narrower than its person: it then counts for some of their roles, in some of their shops, on some routes.
It is never wider.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.errors import Refusal
from domain.people import Role

type Roles = Mapping[str | None, frozenset[Role]]

# Machines whose clocks are set right by a minute now and then are nothing to speak of.
CLOCK_TOLERANCE = timedelta(minutes=2)


class EntryKind(StrEnum):
    """What somebody came in with."""

    KEY = "key"
    SESSION = "session"
    SIGNATURE = "signature"


class EntryRefused(Refusal):
    """What was sent opens nothing; each way of that has a name of its own."""

    code = "Unauthorized"


class KeyExpired(EntryRefused):
    """The key's time has passed."""

    code = "KeyExpired"


class KeyRevoked(EntryRefused):
    """Somebody has made the key good for nothing."""

    code = "KeyRevoked"


class SessionExpired(EntryRefused):
    """The session was left alone for too long, or has reached its end."""

    code = "SessionExpired"


class SessionEnded(EntryRefused):
    """The session was ended: logged out, ended by somebody, or its person's rights have changed."""

    code = "SessionEnded"


class PersonLeft(EntryRefused):
    """The person is not active any more."""

    code = "PersonLeft"


class ClockMoved(EntryRefused):
    """By this machine's clock what was sent was used in the future: the clock has jumped, and no end can be told."""

    code = "ClockMoved"


class KeyOutOfScope(Refusal):
    """The person may, but not with this key."""

    code = "KeyOutOfScope"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a key's or session's row says of itself. `idle` is how long a session may be left alone."""

    kind: EntryKind
    made_at: datetime
    expires_at: datetime | None = None
    ended_at: datetime | None = None
    why_ended: str = ""
    seen_at: datetime | None = None
    idle: timedelta | None = None


def check_entry(entry: Entry, active: bool, now: datetime) -> None:
    """Raises the EntryRefused that says why this opens nothing now."""
    if entry.ended_at is not None:
        raise _ended(entry)
    if not active:
        raise PersonLeft("This account is not active; ask an administrator.")
    if max(entry.made_at, entry.seen_at or entry.made_at) > now + CLOCK_TOLERANCE:
        raise ClockMoved("The server's clock has gone back; log in again, or ask an administrator to set it right.")
    if entry.expires_at is not None and entry.expires_at <= now:
        raise _expired(entry)
    if entry.idle is not None and (entry.seen_at or entry.made_at) + entry.idle <= now:
        raise _expired(entry)


def _ended(entry: Entry) -> EntryRefused:
    if entry.kind is EntryKind.SESSION:
        return SessionEnded(f"This session was ended ({entry.why_ended}); log in again.")
    return KeyRevoked("This key was revoked; ask an administrator for a new one.")


def _expired(entry: Entry) -> EntryRefused:
    if entry.kind is EntryKind.SESSION:
        return SessionExpired("This session has expired; log in again.")
    return KeyExpired("This key has expired; ask an administrator for a new one.")


@dataclass(frozen=True, slots=True)
class Scope:
    """How far a key reaches; None: as far as its person."""

    roles: frozenset[Role] | None = None
    shops: frozenset[str] | None = None
    routes: frozenset[str] | None = None

    @classmethod
    def of(cls, roles: Iterable[str] | None, shops: Iterable[str] | None, routes: Iterable[str] | None) -> "Scope":
        """As it is kept. A role that a newer version wrote opens nothing here."""
        known = None if roles is None else frozenset(Role(role) for role in roles if role in frozenset(Role))
        return cls(known, _set(shops), _set(routes))

    def narrowed(self, held: Roles) -> Roles:
        """What is left of a person's roles; a role of every shop becomes one of the key's shops."""
        kept = {shop: self._of(roles) for shop, roles in held.items()}
        if self.shops is None:
            return {shop: roles for shop, roles in kept.items() if roles}
        everywhere = kept.get(None, frozenset())
        inside = {shop: kept.get(shop, frozenset()) | everywhere for shop in self.shops}
        return {shop: roles for shop, roles in inside.items() if roles}

    def check_route(self, route: str) -> None:
        """Raises KeyOutOfScope."""
        if self.routes is not None and route not in self.routes:
            raise KeyOutOfScope(
                f"This key is for {', '.join(sorted(self.routes))} only; ask for one that reaches here."
            )

    def check_shop(self, shop: str) -> None:
        """Raises KeyOutOfScope."""
        if self.shops is not None and shop not in self.shops:
            raise KeyOutOfScope(f"This key is for {', '.join(sorted(self.shops))} only; send the key of shop {shop}.")

    def _of(self, roles: frozenset[Role]) -> frozenset[Role]:
        return roles if self.roles is None else roles & self.roles


def _set(given: Iterable[str] | None) -> frozenset[str] | None:
    return None if given is None else frozenset(given)


WIDE = Scope()
