"""The gate of a shop: a named person chooses its mode, and signs the law that applies where that is asked for."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit import BadOfficeData, NotThere, lock_office, record
from db.policy_rows import policy_in_force
from db.tables.office import GateAcknowledgement, GateChoice, Shop
from domain.acknowledgement import Acknowledgement, Standing, standing
from domain.errors import Refusal
from domain.gate import GateMode, Permission, check_mode
from domain.platforms import Platform
from domain.policies.compensation import CompensationPolicy


class AcknowledgementNeeded(Refusal):
    """The gate mode needs a named person's acknowledgement of the law first."""

    code = "GateNeedsAcknowledgement"


def default_mode(platform: str) -> GateMode:
    """For the local marketplace alone. Raises BadOfficeData for a real one: there the mode is somebody's decision."""
    if platform != Platform.SANDBOX:
        modes = " or ".join(GateMode)
        raise BadOfficeData(
            f"gate_mode must be chosen by whoever opens the shop: {modes}. {GateMode.ON_RESOLUTION} pays for a "
            "repaired problem and is lawful everywhere.",
            field="gate_mode",
        )
    return GateMode.ON_RESOLUTION


async def begin_gate(
    session: AsyncSession, shop: Shop, by: str, reason: str, signed_text: str | None, now: datetime
) -> None:
    """The first choice of a shop that is being added; the shop is written here. Raises GateRefused,
    AcknowledgementNeeded or BadOfficeData."""
    policy = await compensation_of(session, shop.code)
    permission = check_mode(shop.platform, shop.jurisdiction, GateMode(shop.gate_mode), policy)
    if permission is Permission.ACKNOWLEDGE and signed_text is None:
        raise _needed(shop, policy)
    session.add(shop)
    await session.flush()
    if permission is Permission.ACKNOWLEDGE and signed_text is not None:
        await acknowledge_gate(session, shop.code, UUID(by), signed_text, reason, now)
    await _keep_choice(session, shop, by, reason or "as the shop was opened", now)


async def choose_gate(
    session: AsyncSession,
    shop_code: str,
    mode: GateMode,
    person: UUID,
    reason: str,
    signed_text: str | None,
    now: datetime,
) -> Shop:
    """Choose when money may move, with the acknowledgement where one is given; both under the person's name. Raises
    GateRefused, AcknowledgementNeeded or BadOfficeData."""
    await lock_office(session)
    if signed_text is not None:
        await acknowledge_gate(session, shop_code, person, signed_text, reason, now)
    shop = await _shop(session, shop_code)
    before, shop.gate_mode = shop.gate_mode, str(mode)
    await check_gate(session, shop, now)
    shop.version += 1
    await session.flush()
    await _keep_choice(session, shop, str(person), reason, now)
    facts = {"gate_mode": {"old": before, "new": str(mode)}, "reason": reason}
    await record(session, str(person), now, "gate.chosen", shop.code, facts)
    return shop


async def acknowledge_gate(
    session: AsyncSession, shop_code: str, person: UUID, text_version: str, reason: str, now: datetime
) -> GateAcknowledgement:
    """A named person accepts the text in force for the law that the shop is under; it has to be renewed after the
    policy's days, when the text changes, and when the shop comes under another law."""
    shop = await _shop(session, shop_code)
    gate = (await compensation_of(session, shop.code)).gate
    asked = gate.to_sign(shop.jurisdiction)
    if text_version != asked.version:
        raise BadOfficeData(
            f"The text in force under {shop.jurisdiction} has version {asked.version!r}; read it and acknowledge that "
            "one.",
            field="text_version",
        )
    row = GateAcknowledgement(id=uuid4(), shop=shop.code, person=person, at=now, text_version=text_version)
    row.reason, row.jurisdiction = reason, shop.jurisdiction
    row.expires_at = now + timedelta(days=gate.renewed_after(shop.jurisdiction))
    session.add(row)
    await session.flush()
    facts = {"text_version": text_version, "reason": reason, "expires_at": row.expires_at.isoformat()}
    await record(session, str(person), now, "gate.acknowledged", shop.code, facts | {"jurisdiction": shop.jurisdiction})
    return row


async def check_gate(session: AsyncSession, shop: Shop, now: datetime) -> None:
    """Raises GateRefused where law or marketplace forbid the shop's mode, AcknowledgementNeeded where its newest
    acknowledgement is worth nothing for it."""
    with session.no_autoflush:
        policy = await compensation_of(session, shop.code)
        signed = await newest_acknowledgement(session, shop.code)
    permission = check_mode(shop.platform, shop.jurisdiction, GateMode(shop.gate_mode), policy)
    worth = standing(signed, policy.gate, shop.jurisdiction, now)
    if permission is Permission.ACKNOWLEDGE and not worth.holds:
        raise _needed(shop, policy, worth)


async def newest_acknowledgement(session: AsyncSession, shop: str) -> Acknowledgement | None:
    newest = (
        select(GateAcknowledgement)
        .where(GateAcknowledgement.shop == shop)
        .order_by(GateAcknowledgement.at.desc())
        .limit(1)
    )
    row = await session.scalar(newest)
    if row is None:
        return None
    return Acknowledgement(str(row.person), row.at, row.text_version, row.jurisdiction, row.expires_at)


async def compensation_of(session: AsyncSession, shop: str) -> CompensationPolicy:
    document = (await policy_in_force(session, "compensation", shop)).document
    assert isinstance(document, CompensationPolicy)  # noqa: S101 the kind decides the model
    return document


def _needed(shop: Shop, policy: CompensationPolicy, worth: Standing = Standing.MISSING) -> AcknowledgementNeeded:
    return AcknowledgementNeeded(
        f"{shop.gate_mode} needs a named person's acknowledgement for this shop ({worth}): give it with the choice, as "
        "`acknowledgement` with the version of the text in force.",
        text_version=policy.gate.to_sign(shop.jurisdiction).version,
        text=policy.gate.to_sign(shop.jurisdiction).text,
        standing=str(worth),
    )


async def _shop(session: AsyncSession, code: str) -> Shop:
    shop = await session.get(Shop, code, populate_existing=True)
    if shop is None:
        raise NotThere(f"There is no shop {code!r}; GET /shops lists them.", shop=code)
    return shop


async def _keep_choice(session: AsyncSession, shop: Shop, by: str, reason: str, now: datetime) -> None:
    session.add(GateChoice(shop=shop.code, mode=shop.gate_mode, by=by, at=now, reason=reason))
    await session.flush()
