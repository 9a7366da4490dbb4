"""The gate of one shop as its readers see it: the mode, what law and marketplace say to each, and who signed what."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.gate import compensation_of, newest_acknowledgement
from db.reads.people import names_of
from db.tables.office import GateChoice, Shop
from domain.acknowledgement import Standing, standing
from domain.gate import GateMode, Permission, may
from domain.policies.gate import Gate

CHOICES_SHOWN = 50


class Says(BaseModel):
    """One row of the matrix that counts for this shop."""

    who: str = Field(description="a marketplace or a jurisdiction")
    after_amendment: Permission
    on_resolution: Permission
    basis: str
    conf: str = Field(description="how sure we are of it")


class Signed(BaseModel):
    person: str = Field(description="name of whoever signed")
    at: datetime
    text_version: str
    jurisdiction: str
    expires_at: datetime
    days_left: int


class Choice(BaseModel):
    mode: GateMode
    by: str = Field(description="name of whoever chose, or the program that set the shop up")
    at: datetime
    reason: str


class GateView(BaseModel):
    """`permissions` is the strictest answer for each mode. `standing` is what the newest acknowledgement is worth: only
    `valid` and `ending` let money through where one is asked for."""

    shop: str
    mode: GateMode
    permissions: dict[GateMode, Permission]
    says: list[Says]
    text_version: str
    text: str = Field(description="what is signed under this shop's law")
    jurisdiction: str
    renew_days: int = Field(description="for how long a signature counts")
    standing: Standing | Literal["not_needed"]
    acknowledgement: Signed | None
    choices: list[Choice] = Field(description="the newest first")


async def gate_of(session: AsyncSession, shop: Shop, now: datetime) -> GateView:
    policy = await compensation_of(session, shop.code)
    names = await names_of(session)
    signed = await newest_acknowledgement(session, shop.code)
    permissions = {mode: may(shop.platform, shop.jurisdiction, mode, policy) for mode in GateMode}
    needed = permissions[GateMode.AFTER_AMENDMENT] is Permission.ACKNOWLEDGE
    return GateView(
        shop=shop.code,
        mode=GateMode(shop.gate_mode),
        permissions=permissions,
        says=_says(shop, policy.gate),
        jurisdiction=shop.jurisdiction,
        text_version=policy.gate.to_sign(shop.jurisdiction).version,
        text=policy.gate.to_sign(shop.jurisdiction).text,
        renew_days=policy.gate.renewed_after(shop.jurisdiction),
        standing=standing(signed, policy.gate, shop.jurisdiction, now) if needed else "not_needed",
        acknowledgement=signed
        and Signed(
            person=names.get(signed.person, signed.person),
            at=signed.at,
            text_version=signed.text_version,
            jurisdiction=signed.jurisdiction,
            expires_at=signed.expires_at,
            days_left=max(0, (signed.expires_at - now).days),
        ),
        choices=await _choices(session, shop.code, names),
    )


def _says(shop: Shop, gate: Gate) -> list[Says]:
    """Who is in neither list refuses."""
    rows = [(shop.platform, next((row for key, row in gate.platforms.items() if key == shop.platform), None))]
    rows.append((shop.jurisdiction, gate.jurisdictions.get(shop.jurisdiction)))
    unknown = dict.fromkeys(GateMode, Permission.REFUSE)
    return [
        Says(who=who, basis=row.basis, conf=row.conf, **{str(mode): row.says(mode) for mode in GateMode})
        if row
        else Says(who=who, basis="nobody has looked this up", conf="unverified", **unknown)
        for who, row in rows
    ]


async def _choices(session: AsyncSession, shop: str, names: dict[str, str]) -> list[Choice]:
    found = select(GateChoice).where(GateChoice.shop == shop).order_by(GateChoice.id.desc())
    return [
        Choice(mode=GateMode(row.mode), by=names.get(row.by, row.by), at=row.at, reason=row.reason)
        for row in await session.scalars(found.limit(CHOICES_SHOWN))
    ]
