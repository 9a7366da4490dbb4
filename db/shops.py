"""Changes of shops: onboarding and settings. How the payout gate is chosen stands in db/gate.py."""

import re
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy.ext.asyncio import AsyncSession

from db.audit import AlreadyThere, BadOfficeData, NotThere, apply_changes, lock_office, record
from db.gate import begin_gate, check_gate, default_mode
from db.tables.office import Shop
from domain.errors import Refusal
from domain.gate import GateMode
from domain.platforms import Platform

_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


class OfficeMoved(Refusal):
    """Somebody else changed the shop meanwhile."""

    code = "StaleVersion"


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
    gate_mode: str | None = None,
    gate_reason: str = "",
    signed_text: str | None = None,
    intake: bool = True,
    credentials: str | None = None,
    team: str | None = None,
    opened_at: datetime | None = None,
) -> Shop:
    """The gate's mode has no default on a real marketplace: somebody chooses it. `signed_text` is the version of the
    acknowledgement that `by`, a person, accepts with it. Raises BadOfficeData, AlreadyThere, GateRefused or
    AcknowledgementNeeded."""
    await lock_office(session)
    shop = Shop(code=code, name=name, platform=platform, jurisdiction=jurisdiction, seller_nick=seller_nick, version=1)
    shop.zone, shop.intake, shop.credentials, shop.cut_off_at = zone, intake, credentials, cut_off_at
    shop.team, shop.gate_mode, shop.opened_at = team, gate_mode or default_mode(platform), opened_at
    _check_shop(shop)
    if await session.get(Shop, code):
        raise AlreadyThere(f"There is a shop {code!r} already; change it or choose another code.", field="code")
    await begin_gate(session, shop, by, gate_reason, signed_text, now)
    facts = {"name": name, "platform": platform, "gate_mode": shop.gate_mode, "cut_off_at": cut_off_at.isoformat()}
    await record(session, by, now, "shop.added", code, facts)
    return shop


async def set_shop(
    session: AsyncSession, by: str, now: datetime, code: str, changes: dict[str, Any], expected: int | None = None
) -> Shop:
    """Change some fields; code and platform stay, and the gate's mode is chosen by choose_gate. Raises OfficeMoved when
    the shop is not at version `expected`."""
    if "gate_mode" in changes:
        raise BadOfficeData(f"gate_mode is chosen with its reason: PUT /shops/{code}/gate.", field="gate_mode")
    await lock_office(session)
    shop = await shop_of(session, code)
    if expected is not None and expected != shop.version:
        raise OfficeMoved(f"{code} is at version {shop.version}; read it again and repeat.", version=shop.version)
    changed = apply_changes(shop, changes)
    if not changed:
        return shop
    _check_shop(shop)
    if "jurisdiction" in changed:
        await check_gate(session, shop, now)
    shop.version += 1
    await session.flush()
    await record(session, by, now, "shop.changed", code, changed)
    return shop


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
