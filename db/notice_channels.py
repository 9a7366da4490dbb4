"""Channels of people, shops and teams, and what each person wants to hear. Each change is a line of the office's
record, without addresses and secrets."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit import AlreadyThere, NotThere, apply_changes, lock_office, record
from db.sealing import KeyRing
from db.tables.notices import NoticeChannel, NoticeDelivery, NoticePreference
from db.tables.office import Person
from domain.errors import Refusal
from domain.notice_channels import ROBOTS, ChannelKind
from domain.notice_preferences import Preferences
from domain.notice_sending import DeliveryState
from domain.policies.notices import Urgency

# Ours: nobody reads more, and a mistake that adds channels in a loop ends here.
MOST_CHANNELS = 20


class TooManyChannels(Refusal):
    """The owner has as many channels as one may have."""

    code = "TooManyChannels"


class TrialWaiting(Refusal):
    """The channel's last trial has not left yet."""

    code = "TrialWaiting"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a channel is: exactly one of the three."""

    person: UUID | None = None
    shop: str | None = None
    team: str | None = None

    @property
    def name(self) -> str:
        return str(self.person or self.shop or f"team {self.team}")

    def theirs(self) -> Any:
        """The condition that a channel is theirs and in use."""
        column, value = next(
            (column, value)
            for column, value in (
                (NoticeChannel.person, self.person),
                (NoticeChannel.shop, self.shop),
                (NoticeChannel.team, self.team),
            )
            if value is not None
        )
        return (column == value) & NoticeChannel.removed_at.is_(None)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a channel leads: a robot's token with the secret of its signature, or a mail address."""

    kind: ChannelKind
    to: str
    secret: str | None = None

    def sealed(self) -> str:
        return json.dumps({"to": self.to, "secret": self.secret})

    @classmethod
    def opened(cls, kind: str, sealed: str) -> "Address":
        held = json.loads(sealed)
        return cls(ChannelKind(kind), held["to"], held["secret"])


async def add_channel(
    session: AsyncSession,
    ring: KeyRing,
    by: str,
    now: datetime,
    owner: Owner,
    address: Address,
    *,
    label: str,
    least: Urgency = Urgency.URGENT,
) -> NoticeChannel:
    """Raises AlreadyThere for a robot that is known, TooManyChannels."""
    await lock_office(session)
    robot = ring.blind("robot", f"{address.kind}:{address.to}") if address.kind in ROBOTS else None
    theirs = list(await session.scalars(select(NoticeChannel.label).where(owner.theirs())))
    if len(theirs) >= MOST_CHANNELS:
        raise TooManyChannels(f"There are {len(theirs)} channels here; remove one first.", most=MOST_CHANNELS)
    if label in theirs:
        raise AlreadyThere(f"There is a channel {label!r} here already; choose another label.", field="label")
    if robot is not None and await session.scalar(
        select(NoticeChannel.id).where(NoticeChannel.robot == robot, NoticeChannel.removed_at.is_(None))
    ):
        raise AlreadyThere(
            "This robot is a channel already. Where shops share a group, enter it once for their team.", field="token"
        )
    row = NoticeChannel(
        id=uuid4(), kind=address.kind, person=owner.person, shop=owner.shop, team=owner.team, label=label,
        address=address.sealed(), robot=robot, least=least, active=True, made_by=by, made_at=now,
    )  # fmt: skip
    session.add(row)
    await session.flush()
    facts = {"channel": str(row.id), "kind": address.kind, "label": label, "least": least}
    await record(session, by, now, "notice_channel.added", owner.name, facts)
    return row


async def list_channels(session: AsyncSession, owner: Owner) -> list[NoticeChannel]:
    found = select(NoticeChannel).where(owner.theirs()).order_by(NoticeChannel.made_at, NoticeChannel.id)
    return list(await session.scalars(found))


async def channel_of(session: AsyncSession, owner: Owner, channel: UUID) -> NoticeChannel:
    """Raises NotThere."""
    found = select(NoticeChannel).where(owner.theirs(), NoticeChannel.id == channel).with_for_update()
    row = (await session.scalars(found)).one_or_none()
    if row is None:
        raise NotThere("There is no such channel here; the list of channels has their ids.")
    return row


async def set_channel(
    session: AsyncSession, by: str, now: datetime, owner: Owner, channel: UUID, changes: dict[str, Any]
) -> NoticeChannel:
    """Change label, least or active. A channel that is switched on begins without its old failures."""
    await lock_office(session)
    row = await channel_of(session, owner, channel)
    changed = apply_changes(row, changes)
    if changed.get("active", {}).get("new"):
        row.failing_since, row.alarmed_at = None, None
    if changed:
        await session.flush()
        await record(session, by, now, "notice_channel.changed", owner.name, {"channel": str(channel), **changed})
    return row


async def remove_channel(session: AsyncSession, by: str, now: datetime, owner: Owner, channel: UUID) -> None:
    """Its address is gone, the log of what went there stays; what waits for it is dropped."""
    await lock_office(session)
    row = await channel_of(session, owner, channel)
    row.removed_at, row.address, row.robot, row.active = now, None, None, False
    waiting = NoticeDelivery.channel == channel, NoticeDelivery.state == DeliveryState.QUEUED
    dropped = {"state": DeliveryState.DROPPED, "next_try_at": None, "ended_at": now, "code": "channel-removed"}
    await session.execute(update(NoticeDelivery).where(*waiting).values(**dropped))
    await session.flush()
    facts = {"channel": str(channel), "kind": row.kind, "label": row.label}
    await record(session, by, now, "notice_channel.removed", owner.name, facts)


async def queue_trial(session: AsyncSession, now: datetime, owner: Owner, channel: UUID) -> NoticeDelivery:
    """A message that says that the channel works, at once. Raises TrialWaiting, NotThere."""
    row = await channel_of(session, owner, channel)
    waiting = (NoticeDelivery.channel == channel) & (NoticeDelivery.what == "test")
    open_states = NoticeDelivery.state.in_([DeliveryState.QUEUED, DeliveryState.SENDING])
    if await session.scalar(select(NoticeDelivery.id).where(waiting, open_states).limit(1)):
        raise TrialWaiting("The last trial of this channel has not ended yet; see its deliveries.")
    made = NoticeDelivery(
        id=uuid4(), channel=channel, shop=row.shop, person=row.person, what="test", urgent=True,
        state=DeliveryState.QUEUED, queued_at=now, next_try_at=now, tries=0,
    )  # fmt: skip
    session.add(made)
    await session.flush()
    return made


async def preferences_of(session: AsyncSession, person: UUID) -> Preferences:
    """What they have set, or the defaults. Raises NotThere."""
    row = await session.get(NoticePreference, person)
    if row is not None:
        return Preferences.model_validate(row.document)
    if await session.get(Person, person) is None:
        raise NotThere(f"There is no person {person}; GET /people lists them.")
    return Preferences()


async def set_preferences(
    session: AsyncSession, by: str, now: datetime, person: UUID, wanted: Preferences
) -> Preferences:
    """The whole of them; what was set before is on record. Raises NotThere."""
    await lock_office(session)
    before = await preferences_of(session, person)
    if before == wanted:
        return wanted
    document = wanted.model_dump(mode="json")
    row = {"document": document, "set_by": by, "set_at": now}
    kept = insert(NoticePreference).values(person=person, **row)
    await session.execute(kept.on_conflict_do_update(index_elements=["person"], set_=row))
    facts = {"old": before.model_dump(mode="json"), "new": document}
    await record(session, by, now, "notice_preferences.set", str(person), facts)
    return wanted
