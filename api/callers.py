"""Who is asking: a key carries a person, the person carries roles in shops."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from structlog.contextvars import bind_contextvars

from api import cookies, entries
from api.errors import NotAllowed, NotFound
from api.house import TheHouse
from api.rights import RIGHTS, Right
from db.reads.callers import Holder
from db.tables.cases import CaseFile
from domain.entry import WIDE, EntryKind, Scope
from domain.people import Actor, Role

_bearer = HTTPBearer(auto_error=False, bearerFormat="ak_…", description="A key of Amends")
_header = APIKeyHeader(name="X-Api-Key", auto_error=False, description="The same key in a header of its own")
# For the document; which of its names a cookie has is decided by api/cookies.py.
_cookie = APIKeyCookie(name=cookies.SESSION, auto_error=False, description="Set by `POST /login`")
_signing = APIKeyHeader(
    name=entries.KEY_ID,
    scheme_name="SignedRequest",
    auto_error=False,
    description="Id of a signing key, with X-Amends-Time, X-Amends-Nonce and X-Amends-Signature",
)


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
    signing: Annotated[str | None, Security(_signing)] = None,
    cookie: Annotated[str | None, Security(_cookie)] = None,
) -> Caller:
    """Raises Unauthorized or the EntryRefused by its name, CrossSite, KeyOutOfScope, and NotAllowed where no role of
    the caller's opens this route."""
    route = request.scope["route"].name
    if plain := bearer.credentials if bearer else header:
        holder = await entries.by_key(house, request, plain)
    elif signing:
        holder = await entries.by_signature(house, request, signing, RIGHTS[route].opened_by)
    else:
        holder = await entries.by_session(house, request)
    caller = _caller(holder, route)
    bind_contextvars(person=str(holder.person))
    caller.enter_route()
    await entries.note_use(house, holder)
    return caller


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


TheCaller = Annotated[Caller, Depends(caller_of)]


def _needs(roles: frozenset[Role], where: str) -> str:
    names = ", ".join(sorted(roles))
    return f"This needs one of the roles {names} {where}".rstrip() + "; ask an administrator."
