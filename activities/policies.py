"""Policies as activities use them: the document in force for a shop, with the version that a decision names."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.policy_rows import KINDS, NEWEST, model_of
from db.sessions import rows
from db.tables.policies import Policy
from domain.policies.causes import CausesPolicy
from domain.policies.compensation import CompensationPolicy
from domain.policies.contact import ContactPolicy
from domain.policies.desk import DeskPolicy
from domain.policies.documents import PolicyDocument, load_shipped, read_document
from domain.policies.notices import NoticesPolicy
from domain.policies.platforms import PlatformsPolicy
from domain.policies.refunds import RefundsPolicy
from domain.policies.texts import TextsPolicy

KEPT = 256


class Policies:
    """Rows never change, so a document that was read once stays; which row counts is asked of the database."""

    def __init__(self) -> None:
        self._read: OrderedDict[int, PolicyDocument] = OrderedDict()

    async def contact(self, session: AsyncSession, shop: str) -> tuple[ContactPolicy, str]:
        return await self._of(session, "contact", shop, ContactPolicy)

    async def platforms(self, session: AsyncSession, shop: str) -> tuple[PlatformsPolicy, str]:
        return await self._of(session, "platforms", shop, PlatformsPolicy)

    async def causes(self, session: AsyncSession, shop: str) -> tuple[CausesPolicy, str]:
        return await self._of(session, "causes", shop, CausesPolicy)

    async def compensation(self, session: AsyncSession, shop: str) -> tuple[CompensationPolicy, str]:
        return await self._of(session, "compensation", shop, CompensationPolicy)

    async def desk(self, session: AsyncSession, shop: str) -> tuple[DeskPolicy, str]:
        return await self._of(session, "desk", shop, DeskPolicy)

    async def texts(self, session: AsyncSession, shop: str) -> tuple[TextsPolicy, str]:
        return await self._of(session, "texts", shop, TextsPolicy)

    async def refunds(self, session: AsyncSession, shop: str) -> tuple[RefundsPolicy, str]:
        return await self._of(session, "refunds", shop, RefundsPolicy)

    async def notices(self, session: AsyncSession, shop: str) -> tuple[NoticesPolicy, str]:
        return await self._of(session, "notices", shop, NoticesPolicy)

    async def versions(self, session: AsyncSession, shop: str) -> dict[str, str]:
        """The version of every kind that counts for the shop now, as `kind:shop-or-house:number`."""
        versions = {}
        for kind in KINDS:
            _, versions[kind] = await self._of(session, kind, shop, model_of(kind))
        return versions

    async def _of[P: PolicyDocument](
        self, session: AsyncSession, kind: str, shop: str, model: type[P]
    ) -> tuple[P, str]:
        row = (await self._in_force(session, shop)).get(kind)
        if row is None:
            return load_shipped(kind, model), f"{kind}:shipped"
        id, owner, version = row
        document = self._read.get(id)
        if not isinstance(document, model):
            body = await session.scalar(select(Policy.document).where(Policy.id == id))
            document = read_document(model, body or {})
            self._keep(id, document)
        return document, f"{kind}:{owner or 'house'}:{version}"

    async def _in_force(self, session: AsyncSession, shop: str) -> dict[str, tuple[int, str | None, int]]:
        """The newest row of every kind, asked once in a transaction: an activity may need five of them."""
        if shop not in _known(session):
            self.told(session, shop, await rows(session, NEWEST, {"shop": shop}))
        return _known(session)[shop]

    def told(self, session: AsyncSession, shop: str, newest: Iterable[Any]) -> None:
        """The rows of NEWEST, from whoever has asked for them in the session's transaction."""
        _known(session)[shop] = {row.kind: (row.id, row.shop, row.version) for row in newest}

    def _keep(self, row: int, document: PolicyDocument) -> None:
        self._read[row] = document
        while len(self._read) > KEPT:
            self._read.popitem(last=False)


def _known(session: AsyncSession) -> dict[str, dict[str, tuple[int, str | None, int]]]:
    """Of each shop asked about in this session: by kind the row that counts, whose it is, and its version."""
    known: dict[str, dict[str, tuple[int, str | None, int]]] = session.info.setdefault("policies", {})
    return known
