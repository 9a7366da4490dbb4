"""Who is asking: a key carries a person, the person carries roles in shops."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from structlog.contextvars import bind_contextvars

from api.errors import NotAllowed, NotFound
from api.house import TheHouse
from api.rights import RIGHTS, Right
from db.office import key_hash
from db.reads.callers import key_holder
from db.tables.cases import CaseFile
from domain import case_numbers
from domain.errors import Refusal
from domain.people import Actor, Role

_bearer = HTTPBearer(auto_error=False, bearerFormat="ak_…", description="A key of Amends")
_header = APIKeyHeader(name="X-Api-Key", auto_error=False, description="The same key in a header of its own")
LONGEST_KEY = 200


class Unauthorized(Refusal):
    """No usable key came with the request."""

    code = "Unauthorized"


@dataclass(frozen=True)
class Caller:
    """A person with roles per shop (None: in every shop), what the matrix says of the route being asked for, and other
    accounts of the same human being. `asked` is the row of the case in the route's path: for `case_for`, which sees
    whether this person may know of it."""

    person: UUID
    login: str
    name: str
    roles: Mapping[str | None, frozenset[Role]]
    right: Right
    asked: CaseFile | None = None
    accounts: frozenset[str] = frozenset()

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

    def enter(self, shop: str) -> None:
        """Raises NotFound for a shop of which the caller may not know, NotAllowed where the roles do not suffice."""
        if not self.roles_in(shop):
            raise NotFound("There is nothing here that you may see; check the number and your roles.")
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
) -> Caller:
    """Raises Unauthorized without a valid key, NotAllowed where no role of the caller's opens this route."""
    plain = bearer.credentials if bearer else header
    if not plain or len(plain) > LONGEST_KEY:
        raise Unauthorized("Send your key as `Authorization: Bearer ak_…` or as `X-Api-Key`.")
    async with house.reads() as session:
        holder = await key_holder(session, key_hash(plain), house.now(), _case_in(request))
    if holder is None:
        raise Unauthorized("This key is unknown, expired or revoked; ask an administrator for a new one.")
    roles: defaultdict[str | None, frozenset[Role]] = defaultdict(frozenset)
    for shop, role in holder.roles:
        roles[shop] |= {role}
    right = RIGHTS[request.scope["route"].name]
    caller = Caller(holder.person, holder.login, holder.name, dict(roles), right, holder.case, holder.accounts)
    bind_contextvars(person=str(holder.person))
    caller.enter_route()
    return caller


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
