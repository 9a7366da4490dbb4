"""Changes of shops: onboarding, settings, and the acknowledgement that the payout gate asks for."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import available_timezones

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit import AlreadyThere, BadOfficeData, NotThere, apply_changes, lock_office, record
from db.policy_rows import policy_in_force
from db.tables.office import GateAcknowledgement, Shop
from domain.errors import Refusal
from domain.gate import check_mode
from domain.platforms import Platform
from domain.policies.compensation import CompensationPolicy, GateMode, Permission

_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


class OfficeMoved(Refusal):
    """Somebody else changed the shop meanwhile."""

    code = "StaleVersion"


class AcknowledgementNeeded(Refusal):
    """The gate mode needs a named person's acknowledgement of the law first."""

    code = "GateNeedsAcknowledgement"


async def shop_of(session: AsyncSession, code: str) -> Shop:
    """Raises NotThere."""
    shop = await session.get(Shop, code, populate_existing=True)
    if shop is None:
        raise NotThere(f"There is no shop {code!r}; GET /shops lists them.", shop=code)
    return shop


async def add_shop(
    session: AsyncSession,
    by: str,
    now: datetime,
    *,
    code: str,
    name: str,
    platform: str,
    cut_off_at: datetime,
    jurisdiction: str = "CN",
    seller_nick: str = "",
    zone: str = "Asia/Shanghai",
    gate_mode: str = GateMode.ON_RESOLUTION,
    intake: bool = True,
    credentials: str | None = None,
    team: str | None = None,
) -> Shop:
    """Raises BadOfficeData, AlreadyThere, GateRefused or AcknowledgementNeeded."""
    await lock_office(session)
    shop = Shop(code=code, name=name, platform=platform, jurisdiction=jurisdiction, seller_nick=seller_nick, version=1)
    shop.zone, shop.gate_mode, shop.intake, shop.credentials = zone, gate_mode, intake, credentials
    shop.cut_off_at, shop.team = cut_off_at, team
    _check_shop(shop)
    if await session.get(Shop, code):
        raise AlreadyThere(f"There is a shop {code!r} already; change it or choose another code.", field="code")
    await _check_gate(session, shop, now)
    session.add(shop)
    await session.flush()
    facts = {"name": name, "platform": platform, "gate_mode": gate_mode, "cut_off_at": cut_off_at.isoformat()}
    await record(session, by, now, "shop.added", code, facts)
    return shop


async def set_shop(
    session: AsyncSession, by: str, now: datetime, code: str, changes: dict[str, Any], expected: int | None = None
) -> Shop:
    """Change some fields; code and platform stay. Raises OfficeMoved when the shop is not at version `expected`."""
    await lock_office(session)
    shop = await shop_of(session, code)
    if expected is not None and expected != shop.version:
        raise OfficeMoved(f"{code} is at version {shop.version}; read it again and repeat.", version=shop.version)
    changed = apply_changes(shop, changes)
    if not changed:
        return shop
    _check_shop(shop)
    if changed.keys() & {"gate_mode", "jurisdiction"}:
        await _check_gate(session, shop, now)
    shop.version += 1
    await session.flush()
    await record(session, by, now, "shop.changed", code, changed)
    return shop


async def acknowledge_gate(
    session: AsyncSession, shop_code: str, person: UUID, text_version: str, reason: str, now: datetime
) -> GateAcknowledgement:
    """A named person accepts the text in force; it has to be renewed after the policy's days."""
    shop = await shop_of(session, shop_code)
    gate = (await _compensation(session, shop.code)).gate
    if text_version != gate.acknowledgement_version:
        raise BadOfficeData(
            f"The text in force has version {gate.acknowledgement_version!r}; read it and acknowledge that one.",
            field="text_version",
        )
    row = GateAcknowledgement(id=uuid4(), shop=shop.code, person=person, at=now, text_version=text_version)
    row.reason, row.expires_at = reason, now + timedelta(days=gate.renew_days)
    session.add(row)
    await session.flush()
    facts = {"text_version": text_version, "reason": reason, "expires_at": row.expires_at.isoformat()}
    await record(session, str(person), now, "gate.acknowledged", shop.code, facts)
    return row


def _check_shop(shop: Shop) -> None:
    modes, platforms = [mode.value for mode in GateMode], [platform.value for platform in Platform]
    checks = [
        ("code", bool(_CODE.fullmatch(shop.code)), "1 to 32 lower-case letters, digits and hyphens"),
        (
            "team",
            shop.team is None or bool(_CODE.fullmatch(shop.team)),
            "1 to 32 lower-case letters, digits and hyphens",
        ),
        ("platform", shop.platform in platforms, f"one of {', '.join(platforms)}"),
        ("zone", shop.zone in available_timezones(), "a name of the tz database, like Asia/Shanghai"),
        ("gate_mode", shop.gate_mode in modes, f"one of {', '.join(modes)}"),
        ("cut_off_at", shop.cut_off_at.tzinfo is not None, "a moment with its offset"),
    ]
    for field, good, must in checks:
        if not good:
            raise BadOfficeData(f"{field} must be {must}.", field=field)


async def _compensation(session: AsyncSession, shop: str) -> CompensationPolicy:
    document = (await policy_in_force(session, "compensation", shop)).document
    assert isinstance(document, CompensationPolicy)  # noqa: S101 the kind decides the model
    return document


async def _check_gate(session: AsyncSession, shop: Shop, now: datetime) -> None:
    """Raises GateRefused where law or marketplace forbid the mode, AcknowledgementNeeded where a person must sign."""
    with session.no_autoflush:
        policy = await _compensation(session, shop.code)
        valid = select(GateAcknowledgement.id).where(
            GateAcknowledgement.shop == shop.code,
            GateAcknowledgement.text_version == policy.gate.acknowledgement_version,
            GateAcknowledgement.expires_at > now,
        )
        signed = await session.scalar(valid.limit(1))
    permission = check_mode(shop.platform, shop.jurisdiction, GateMode(shop.gate_mode), policy)
    if permission is Permission.ACKNOWLEDGE and signed is None:
        raise AcknowledgementNeeded(
            f"{shop.gate_mode} needs a named person's acknowledgement for this shop: add it with on_resolution, "
            f"POST /shops/{shop.code}/gate-acknowledgement, then switch.",
            text_version=policy.gate.acknowledgement_version,
        )
