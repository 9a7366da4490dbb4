"""Who is asking: a key carries a person, the person carries roles in shops."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from structlog.contextvars import bind_contextvars

from api import cookies
from api.errors import NotAllowed, NotFound
from api.house import House, TheHouse
from api.rights import RIGHTS, Right
from db.api_keys import SPARSE as KEY_SPARSE
from db.api_keys import key_hash, note_key_used
from db.login_sessions import SPARSE as SESSION_SPARSE
from db.login_sessions import note_seen, session_hash
from db.reads.callers import Holder, key_holder, session_holder
from db.tables.cases import CaseFile
from domain import case_numbers
from domain.entry import WIDE, EntryKind, EntryRefused, Scope, check_entry
from domain.people import Actor, Role

_bearer = HTTPBearer(auto_error=False, bearerFormat="ak_…", description="A key of Amends")
_header = APIKeyHeader(name="X-Api-Key", auto_error=False, description="The same key in a header of its own")
# For the document; which of its names a cookie has is decided by api/cookies.py.
_cookie = APIKeyCookie(name=cookies.SESSION, auto_error=False, description="Set by `POST /login`")
LONGEST_KEY = 200
SEND_A_KEY = "Send your key as `Authorization: Bearer ak_…` or as `X-Api-Key`, or log in with `POST /login`."


class Unauthorized(EntryRefused):
    """No usable key and no session came with the request."""

    code = "Unauthorized"


class OutOfSight(NotFound):
    """Something of a shop of which the caller may not know; told like what is not there."""


@dataclass(frozen=True)
class Caller:
    """A person with roles per shop (None: in every shop), what the matrix says of the route being asked for, and other
    accounts of the same human being. `asked` is the row of the case in the route's path: for `case_for`, which sees
    whether this person may know of it. `held` are the person's roles before the key's `scope` narrowed them."""

    person: UUID
    login: str
    name: str
    roles: Mapping[str | None, frozenset[Role]]
    right: Right
    asked: CaseFile | None = None
    accounts: frozenset[str] = frozenset()
    held: Mapping[str | None, frozenset[Role]] = field(default_factory=dict)
    scope: Scope = WIDE
    entry: EntryKind = EntryKind.KEY
    entry_id: UUID | None = None

    def roles_in(self, shop: str) -> frozenset[Role]:
        return self.everywhere | self.roles.get(shop, frozenset())

    @property
    def everywhere(self) -> frozenset[Role]:
        """The roles that this person holds in every shop."""
        return self.roles.get(None, frozenset())

    def actor(self, shop: str) -> Actor:
        return Actor(person=str(self.person), roles=self.roles_in(shop), accounts=self.accounts)

    def opens_in(self, shop: str) -> frozenset[Role]:
        """The caller's roles that open this route in one shop."""
        held = self.roles.get(shop, frozenset()) & self.right.in_a_shop
        return held | (self.everywhere & self.right.opened_by)

    def shops(self) -> frozenset[str] | None:
        """The shops in which this route is open to the caller; None means every shop."""
        if self.everywhere & self.right.opened_by:
            return None
        return frozenset(shop for shop in self.roles if shop is not None and self.opens_in(shop))

    def shops_as(self, wanted: frozenset[Role]) -> frozenset[str] | None:
        """The shops in which the caller holds one of these roles; None means every shop."""
        if self.everywhere & wanted:
            return None
        return frozenset(shop for shop, roles in self.roles.items() if shop is not None and roles & wanted)

    def see(self, shop: str, otherwise: str, **facts: str) -> None:
        """Raises OutOfSight, in these words, for a shop in which the caller holds no role, KeyOutOfScope for one that
        only the key does not reach."""
        if self.roles_in(shop):
            return
        if shop in self.held or None in self.held:
            self.scope.check_shop(shop)
        raise OutOfSight(otherwise, **facts)

    def enter(self, shop: str) -> None:
        """Raises NotFound for a shop of which the caller may not know, KeyOutOfScope for one that only the key does not
        reach, NotAllowed where the roles do not suffice."""
        self.see(shop, "There is nothing here that you may see; check the number and your roles.")
        if not self.opens_in(shop):
            raise NotAllowed(_needs(self.right.opened_by, f"in shop {shop}"))

    def enter_house(self) -> None:
        """Raises NotAllowed unless a role that opens the route is held in every shop."""
        if not self.everywhere & self.right.opened_by:
            raise NotAllowed(_needs(self.right.opened_by, "in every shop"))

    def enter_route(self) -> None:
        """Raises NotAllowed where the matrix opens this route to none of the caller's roles."""
        if self.shops() == frozenset():
            where = "" if self.right.in_a_shop else "in every shop"
            raise NotAllowed(_needs(self.right.opened_by, where))


async def caller_of(
    request: Request,
    house: TheHouse,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)] = None,
    header: Annotated[str | None, Security(_header)] = None,
    cookie: Annotated[str | None, Security(_cookie)] = None,
) -> Caller:
    """Raises Unauthorized or the EntryRefused by its name, CrossSite, KeyOutOfScope, and NotAllowed where no role of
    the caller's opens this route."""
    plain = bearer.credentials if bearer else header
    holder = await (_by_key(house, request, plain) if plain else _by_session(house, request))
    request.state.subject = str(holder.entry_id)
    check_entry(holder.entry, holder.active, house.now())
    caller = _caller(holder, request.scope["route"].name)
    bind_contextvars(person=str(holder.person))
    caller.enter_route()
    await _note_use(house, holder)
    return caller


async def _by_key(house: House, request: Request, plain: str) -> Holder:
    if len(plain) > LONGEST_KEY:
        raise Unauthorized(SEND_A_KEY)
    async with house.reads() as session:
        holder = await key_holder(session, key_hash(plain), _case_in(request))
    if holder is None:
        raise Unauthorized("This key is unknown; ask an administrator for a new one.")
    return holder


async def _by_session(house: House, request: Request) -> Holder:
    plain = cookies.read(request, house.settings, cookies.SESSION)
    if plain is None:
        raise Unauthorized(SEND_A_KEY)
    if request.method not in cookies.SAFE:
        cookies.check_same_site(request, house.settings)
    async with house.reads() as session:
        holder = await session_holder(session, session_hash(plain), house.settings.session_idle, _case_in(request))
    if holder is None:
        raise Unauthorized("This session is unknown; log in again.")
    return holder


def _caller(holder: Holder, route: str) -> Caller:
    """Raises KeyOutOfScope."""
    held: defaultdict[str | None, frozenset[Role]] = defaultdict(frozenset)
    for shop, role in holder.roles:
        held[shop] |= {role}
    holder.scope.check_route(route)
    return Caller(
        person=holder.person,
        login=holder.login,
        name=holder.name,
        roles=holder.scope.narrowed(held),
        right=RIGHTS[route],
        asked=holder.case,
        accounts=holder.accounts,
        held=dict(held),
        scope=holder.scope,
        entry=holder.entry.kind,
        entry_id=holder.entry_id,
    )


async def _note_use(house: House, holder: Holder) -> None:
    """Now and then, so that most requests write nothing."""
    seen, now = holder.entry.seen_at, house.now()
    if holder.entry.kind is EntryKind.SESSION:
        if seen is None or now - seen >= SESSION_SPARSE:
            async with house.reads() as session:
                await note_seen(session, holder.entry_id, now)
    elif seen is None or now - seen >= KEY_SPARSE:
        async with house.reads() as session:
            await note_key_used(session, holder.entry_id, now)


def _case_in(request: Request) -> str | None:
    """The case that the path names; a number that is none is refused where the route looks for it."""
    given = request.path_params.get("number") if request.url.path.startswith("/cases/") else None
    try:
        return case_numbers.parse(given) if given else None
    except case_numbers.BadCaseNumber:
        return None


TheCaller = Annotated[Caller, Depends(caller_of)]


def _needs(roles: frozenset[Role], where: str) -> str:
    names = ", ".join(sorted(roles))
    return f"This needs one of the roles {names} {where}".rstrip() + "; ask an administrator."
