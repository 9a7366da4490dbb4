"""The demo shop on our own side: the shop, its people with their roles, and their keys."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db import office
from db.identities import link_identity
from db.notice_channels import Address, Owner, add_channel
from db.passwords import hashed, set_password
from db.sealing import KeyRing
from db.sessions import connect, key_ring, sessions
from db.tables.login import Identity, PersonPassword
from db.tables.office import Person, Shop
from domain.notice_channels import ChannelKind
from domain.people import Role
from domain.policies.compensation import GateMode
from domain.policies.documents import load_shipped
from domain.policies.notices import Urgency
from domain.policies.refunds import RefundsPolicy
from embedded.demo_cast import CAST, SELLER_NICK, SHOP, Member
from embedded.demo_shop import credentials
from settings import Settings

BY = "dev.py"
IN_EVERY_SHOP = frozenset({Role.ADMIN, Role.AUDITOR})
# Where the demo shop's goods go back to; the marketplace knows the address by its number.
RETURNS_TO = {"id": 1, "name": "吴师傅", "phone": "0571-88886666", "address": "杭州市余杭区良渚街道3号仓库"}
# Reviews of the last weeks become cases as well, so that a load of older ones can be tried.
CUT_OFF = timedelta(days=30)


async def seed(settings: Settings, keys: Mapping[str, str]) -> None:
    """Opens the demo shop and its people's accounts, all at once, leaving alone what is there already."""
    ring = key_ring(settings)
    engine = connect(settings, ring)
    try:
        async with sessions(engine)() as session, session.begin():
            now = datetime.now(UTC)
            await _fill(session, ring, keys, now)
            await _let_log_in(session, keys["DEMO_PASSWORD"], settings.oidc_issuer, now)
    finally:
        await engine.dispose()


async def _fill(session: AsyncSession, ring: KeyRing, keys: Mapping[str, str], now: datetime) -> None:
    await office.ensure_installation(session, now)
    fresh = await session.get(Shop, SHOP) is None
    if fresh:
        await office.add_shop(
            session,
            BY,
            now,
            code=SHOP,
            name="Demo shop",
            platform="sandbox",
            jurisdiction="none",
            seller_nick=SELLER_NICK,
            gate_mode=GateMode.AFTER_AMENDMENT,
            cut_off_at=now - CUT_OFF,
            credentials=json.dumps(credentials(keys)),
        )
        rules = load_shipped("refunds", RefundsPolicy).model_dump(mode="json", by_alias=True)
        rules["return_addresses"] = [RETURNS_TO]
        await office.put_policy(session, "refunds", SHOP, rules, BY, "where the demo shop's goods go back to", now)
    known = set(await session.scalars(select(Person.login)))
    for member in CAST:
        if member.login not in known:
            await _add(session, member, keys[member.key_name], now)
    if fresh:
        await _add_channels(session, ring, keys, now)


async def _let_log_in(session: AsyncSession, password: str, issuer: str, now: datetime) -> None:
    """With the demo's one password, and at the sandbox's identity provider wherever it listens this time. Whoever has
    changed theirs keeps it."""
    hash = hashed(password)
    have = set(await session.scalars(select(PersonPassword.person)))
    linked = set(await session.scalars(select(Identity.subject).where(Identity.issuer == issuer)))
    for member in CAST:
        person = (await session.scalars(select(Person.id).where(Person.login == member.login))).one()
        if person not in have:
            await set_password(session, BY, now, person, hash)
        if issuer and member.login not in linked:
            await link_identity(session, BY, now, person, issuer, member.login)


async def _add_channels(session: AsyncSession, ring: KeyRing, keys: Mapping[str, str], now: datetime) -> None:
    """The desk's group at DingTalk, and Bob's mail; both end at the sandbox."""
    group = Address(ChannelKind.DINGTALK, keys["DEMO_ROBOT_TOKEN"], keys["DEMO_ROBOT_SECRET"])
    await add_channel(session, ring, BY, now, Owner(shop=SHOP), group, label="Desk group", least=Urgency.NORMAL)
    bob = (await session.scalars(select(Person.id).where(Person.login == "bob"))).one()
    mail = Address(ChannelKind.EMAIL, "bob@example.com")
    await add_channel(session, ring, BY, now, Owner(person=bob), mail, label="Mail")


async def _add(session: AsyncSession, member: Member, key: str, now: datetime) -> None:
    person = await office.add_person(session, BY, now, login=member.login, name=member.name)
    for role in map(Role, member.roles):
        await office.grant(session, BY, now, person.id, role, None if role in IN_EVERY_SHOP else SHOP)
    await office.issue_key(session, BY, now, person.id, "demo", plain=key)
