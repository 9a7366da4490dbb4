"""Policies as versioned rows: a shop's newest row beats the house's, and without either the shipped document counts."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit import lock_office, record
from db.chain import canonical
from db.tables.policies import Policy
from domain.errors import PolicyUnreadable, Refusal
from domain.policies.agreeing import faults
from domain.policies.causes import CausesPolicy
from domain.policies.changes import differences
from domain.policies.compensation import CompensationPolicy
from domain.policies.contact import ContactPolicy
from domain.policies.desk import DeskPolicy
from domain.policies.documents import PolicyDocument, load_shipped, read_document
from domain.policies.notices import NoticesPolicy
from domain.policies.platforms import PlatformsPolicy
from domain.policies.refunds import RefundsPolicy
from domain.policies.retention import RetentionPolicy
from domain.policies.texts import TextsPolicy

KINDS: dict[str, type[PolicyDocument]] = {
    "contact": ContactPolicy,
    "platforms": PlatformsPolicy,
    "compensation": CompensationPolicy,
    "desk": DeskPolicy,
    "causes": CausesPolicy,
    "texts": TextsPolicy,
    "refunds": RefundsPolicy,
    "retention": RetentionPolicy,
    "notices": NoticesPolicy,
}
# Of every kind the row that counts for a shop; built once, since every decision of every case asks it.
NEWEST = (
    select(Policy.kind, Policy.id, Policy.shop, Policy.version)
    .ext(distinct_on(Policy.kind))
    .where((Policy.shop == bindparam("shop")) | Policy.shop.is_(None))
    .order_by(Policy.kind, Policy.shop.nulls_last(), Policy.version.desc())
)
PATHS_TOLD = 50
SHIPPED = 0  # the version under which the shipped document counts


class UnknownPolicy(Refusal):
    """There is no policy of this kind."""

    code = "UnknownPolicy"


class PolicyMoved(Refusal):
    """Somebody else saved a newer version meanwhile."""

    code = "StaleVersion"


@dataclass(frozen=True, slots=True)
class InForce:
    """A policy document with where it came from: `shop` None is the house's, version 0 the shipped one."""

    kind: str
    shop: str | None
    version: int
    document: PolicyDocument
    made_by: str | None = None
    made_at: datetime | None = None
    why: str | None = None


def model_of(kind: str) -> type[PolicyDocument]:
    """Raises UnknownPolicy, naming the kinds that exist."""
    if kind not in KINDS:
        raise UnknownPolicy(f"There is no policy {kind!r}; the kinds are {', '.join(KINDS)}.", kinds=sorted(KINDS))
    return KINDS[kind]


async def policy_in_force(session: AsyncSession, kind: str, shop: str | None) -> InForce:
    """The document that decides for a shop, or for the house where `shop` is None."""
    model = model_of(kind)
    of_shop = select(Policy).where(Policy.kind == kind, (Policy.shop == shop) | Policy.shop.is_(None))
    row = await session.scalar(of_shop.order_by(Policy.shop.nulls_last(), Policy.version.desc()).limit(1))
    if row is None:
        return InForce(kind, None, SHIPPED, load_shipped(kind, model))
    document = read_document(model, row.document)
    return InForce(kind, row.shop, row.version, document, row.made_by, row.made_at, row.why)


async def put_policy(
    session: AsyncSession,
    kind: str,
    shop: str | None,
    document: dict[str, Any],
    by: str,
    why: str,
    now: datetime,
    expected: int | None = None,
) -> int:
    """Save a whole document as the next version of the shop's own (or the house's) policy and return that version.

    Raises PolicyUnreadable, naming the fields, and PolicyMoved when `expected` is not the newest version any more.
    """
    read = await check_policy(session, kind, shop, document)
    await lock_office(session)
    newest = await newest_version(session, kind, shop)
    if expected is not None and expected != newest:
        raise PolicyMoved(f"{kind} is at version {newest} now; read it again and repeat your change.", version=newest)
    kept = read.model_dump(mode="json", by_alias=True)
    before = (await policy_in_force(session, kind, shop)).document.model_dump(mode="json", by_alias=True)
    row = {"kind": kind, "shop": shop, "version": newest + 1, "document": kept}
    await session.execute(insert(Policy).values(**row, made_by=by, made_at=now, why=why))
    paths = [change.path for change in differences(before, kept)]
    facts = {"shop": shop, "version": newest + 1, "why": why, "changed": paths[:PATHS_TOLD], "paths": len(paths)}
    facts["document"] = hashlib.sha256(canonical(kept)).hexdigest()
    await record(session, by, now, "policy.put", kind, facts)
    return newest + 1


async def check_policy(session: AsyncSession, kind: str, shop: str | None, document: dict[str, Any]) -> PolicyDocument:
    """Read a document as it would be saved. Raises UnknownPolicy, and PolicyUnreadable naming the fields."""
    model = model_of(kind)
    read = read_document(model, document)
    _forbid_loosening(load_shipped(kind, model), read)
    if isinstance(read, CompensationPolicy):
        causes = (await policy_in_force(session, "causes", shop)).document
        if isinstance(causes, CausesPolicy) and (found := faults(read, causes)):
            fields = [{"path": path, "why": why} for path, why in found]
            raise PolicyUnreadable(f"{fields[0]['path']}: {fields[0]['why']}.", fields=fields)
    return read


async def newest_version(session: AsyncSession, kind: str, shop: str | None) -> int:
    same = Policy.shop == shop if shop is not None else Policy.shop.is_(None)
    """Of the shop's own (or the house's) rows; SHIPPED where there is none."""
    newest = await session.scalar(select(func.max(Policy.version)).where(Policy.kind == kind, same))
    return newest or SHIPPED


def _forbid_loosening(shipped: PolicyDocument, changed: PolicyDocument) -> None:
    loosened = shipped.loosened(changed)
    if loosened:
        fields = [{"path": path, "why": why} for path, why in loosened]
        first = f"{fields[0]['path']} {fields[0]['why']}"
        raise PolicyUnreadable(f"The policy allows what may not be allowed: {first}.", fields=fields)
