"""Office changes: what may be changed, and the record that every change leaves."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from db import audit, office
from db.audit import AlreadyThere, BadOfficeData, NotThere
from db.gate import AcknowledgementNeeded
from db.policy_rows import PolicyMoved, UnknownPolicy
from db.reads.callers import key_holder
from db.reads.gate import gate_of
from db.sessions import Sessions
from db.shops import OfficeMoved
from db.staff import LastAdmin
from db.tables.office import ApiKey, GateAcknowledgement, GateChoice, OfficeEvent, Shop
from domain.entry import KeyRevoked, check_entry
from domain.errors import PolicyUnreadable
from domain.gate import GateMode, GateRefused
from domain.people import Role
from domain.platforms import Platform
from domain.policies.compensation import CompensationPolicy
from domain.policies.desk import DeskPolicy
from domain.policies.documents import load_shipped

BY = "tests"


async def open_shop(session: AsyncSession, now: datetime, **changes: Any) -> Shop:
    fields: dict[str, Any] = {
        "code": "demo",
        "name": "Demo",
        "platform": "taobao",
        "cut_off_at": now,
        "gate_mode": "on_resolution",
    }
    return await office.add_shop(session, BY, now, **fields | changes)


async def test_the_installation_keeps_its_prefix(open_session: Sessions, now: datetime) -> None:
    async with open_session.begin() as session:
        first = await office.ensure_installation(session, now)
    async with open_session.begin() as session:
        assert await office.ensure_installation(session, now) == first


@pytest.mark.covers(203)
async def test_every_change_is_a_line_of_an_unbroken_chain(open_session: Sessions, now: datetime) -> None:
    async with open_session.begin() as session:
        await open_shop(session, now)
        await office.set_shop(session, BY, now, "demo", {"name": "New"})
        person = await office.add_person(session, BY, now, login="alice", name="Alice")
        await office.grant(session, BY, now, person.id, Role.AGENT, "demo")
    async with open_session() as session:
        kinds = list(await session.scalars(select(OfficeEvent.kind).order_by(OfficeEvent.seq)))
        assert kinds == ["shop.added", "shop.changed", "person.added", "role.granted"]
        assert await audit.broken_at(session) is None


async def test_a_line_that_the_owner_edits_shows(open_session: Sessions, now: datetime, owner: Any) -> None:
    async with open_session.begin() as session:
        await open_shop(session, now)
        await office.set_shop(session, BY, now, "demo", {"name": "New"})
    async with owner.begin() as connection:
        await connection.execute(text("ALTER TABLE office_event DISABLE TRIGGER append_only"))
        await connection.execute(text("""UPDATE office_event SET actor = 'mallory' WHERE seq = 1"""))
    async with open_session() as session:
        assert await audit.broken_at(session) == 1


async def test_the_record_refuses_to_be_edited(open_session: Sessions, now: datetime) -> None:
    async with open_session.begin() as session:
        await open_shop(session, now)
    with pytest.raises(DBAPIError, match="permission denied"):
        async with open_session.begin() as session:
            await session.execute(text("DELETE FROM office_event"))


async def test_credentials_stand_in_no_record(open_session: Sessions, now: datetime) -> None:
    async with open_session.begin() as session:
        await open_shop(session, now, credentials="secret-1")
        await office.set_shop(session, BY, now, "demo", {"credentials": "secret-2"})
    async with open_session() as session:
        facts = [str(line) for line in await session.scalars(select(OfficeEvent.facts))]
        raw = await session.scalar(text("SELECT credentials FROM shop"))
    assert "secret" not in str(facts)
    assert b"secret" not in raw


@pytest.mark.parametrize(
    ("field", "value"),
    [("code", "Demo!"), ("platform", "nowhere"), ("zone", "Asia/Nowhere"), ("gate_mode", "always")],
)
async def test_a_field_of_a_shop_that_cannot_be_is_named(
    open_session: Sessions, now: datetime, field: str, value: str
) -> None:
    with pytest.raises(BadOfficeData, match=field):
        async with open_session.begin() as session:
            await open_shop(session, now, **{field: value})


async def test_a_code_is_taken_once(open_session: Sessions, now: datetime) -> None:
    async with open_session.begin() as session:
        await open_shop(session, now)
    with pytest.raises(AlreadyThere):
        async with open_session.begin() as session:
            await open_shop(session, now)


async def test_a_shop_that_somebody_changed_meanwhile_is_not_overwritten(open_session: Sessions, now: datetime) -> None:
    async with open_session.begin() as session:
        await open_shop(session, now)
        await office.set_shop(session, BY, now, "demo", {"name": "A"}, expected=1)
        with pytest.raises(OfficeMoved):
            await office.set_shop(session, BY, now, "demo", {"name": "B"}, expected=1)


async def test_paying_after_an_amendment_needs_a_signature_first(open_session: Sessions, now: datetime) -> None:
    with pytest.raises(AcknowledgementNeeded):
        async with open_session.begin() as session:
            await open_shop(session, now, gate_mode="after_amendment")


TEXT = load_shipped("compensation", CompensationPolicy).gate.to_sign("CN").version


async def bob(session: AsyncSession, now: datetime) -> UUID:
    return (await office.add_person(session, BY, now, login="bob", name="Bob")).id


@pytest.mark.parametrize("platform", [one for one in Platform if one is not Platform.SANDBOX])
async def test_a_real_marketplace_has_no_silent_default_for_when_money_moves(
    open_session: Sessions, now: datetime, platform: Platform
) -> None:
    async with open_session.begin() as session:
        with pytest.raises(BadOfficeData, match="gate_mode must be chosen"):
            await open_shop(session, now, platform=platform, gate_mode=None)


async def test_a_signed_choice_is_kept_with_its_name_and_reason(open_session: Sessions, now: datetime) -> None:
    async with open_session.begin() as session:
        await open_shop(session, now)
        who = await bob(session, now)
        await office.choose_gate(session, "demo", GateMode.AFTER_AMENDMENT, who, "we know the law", TEXT, now)
        shown = await gate_of(session, await office.shop_of(session, "demo"), now)
    assert (shown.mode, shown.standing, shown.choices[0].by) == ("after_amendment", "valid", "Bob")
    assert shown.acknowledgement is not None
    assert (shown.acknowledgement.jurisdiction, shown.acknowledgement.days_left) == ("CN", 180)


async def test_a_signature_counts_for_the_law_it_was_given_for(open_session: Sessions, now: datetime) -> None:
    async with open_session.begin() as session:
        await open_shop(session, now, platform="sandbox", jurisdiction="CN")
        await office.choose_gate(session, "demo", GateMode.AFTER_AMENDMENT, await bob(session, now), "w", TEXT, now)
        with pytest.raises(GateRefused):
            await office.set_shop(session, BY, now, "demo", {"jurisdiction": "EU"})


async def test_what_was_signed_and_chosen_can_not_be_edited(open_session: Sessions, now: datetime) -> None:
    async with open_session.begin() as session:
        await open_shop(session, now)
    for table in (GateChoice, GateAcknowledgement):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with open_session.begin() as session:
                await session.execute(update(table).values(reason="another"))


async def test_the_mode_is_not_changed_in_passing(open_session: Sessions, now: datetime) -> None:
    async with open_session.begin() as session:
        await open_shop(session, now)
        with pytest.raises(BadOfficeData, match="PUT /shops/demo/gate"):
            await office.set_shop(session, BY, now, "demo", {"gate_mode": "on_resolution"})


async def test_a_signature_that_ran_out_counts_for_nothing(open_session: Sessions, now: datetime) -> None:
    async with open_session.begin() as session:
        await open_shop(session, now)
        who = await bob(session, now)
        await office.acknowledge_gate(session, "demo", who, TEXT, "yes", now)
        later = now + timedelta(days=180)
        with pytest.raises(AcknowledgementNeeded, match="acknowledgement_expired"):
            await office.choose_gate(session, "demo", GateMode.AFTER_AMENDMENT, who, "late", None, later)


async def test_another_version_of_the_text_cannot_be_signed(open_session: Sessions, now: datetime) -> None:
    async with open_session.begin() as session:
        await open_shop(session, now)
        person = await office.add_person(session, BY, now, login="bob", name="Bob")
        with pytest.raises(BadOfficeData, match="read it"):
            await office.acknowledge_gate(session, "demo", person.id, "an old one", "yes", now)


async def test_where_the_law_forbids_it_nobody_can_sign(open_session: Sessions, now: datetime) -> None:
    with pytest.raises(GateRefused):
        async with open_session.begin() as session:
            await open_shop(session, now, jurisdiction="US", gate_mode="after_amendment")


async def test_a_key_opens_until_it_is_revoked(open_session: Sessions, now: datetime) -> None:
    async with open_session.begin() as session:
        person = await office.add_person(session, BY, now, login="alice", name="Alice")
        plain, row = await office.issue_key(session, BY, now, person.id, "laptop")
        before = await key_holder(session, office.key_hash(plain))
        await office.revoke_key(session, BY, now, person.id, row.id)
        after = await key_holder(session, office.key_hash(plain))
    assert before is not None
    assert after is not None
    check_entry(before.entry, before.active, now)
    with pytest.raises(KeyRevoked):
        check_entry(after.entry, after.active, now)


async def test_a_key_is_kept_as_its_hash_alone(open_session: Sessions, now: datetime) -> None:
    async with open_session.begin() as session:
        person = await office.add_person(session, BY, now, login="alice", name="Alice")
        plain, _ = await office.issue_key(session, BY, now, person.id, "laptop")
        hashes = list(await session.scalars(select(ApiKey.hash)))
    assert plain.startswith("ak_")
    assert hashes == [office.key_hash(plain)]


async def test_a_key_of_somebody_else_is_not_revoked(open_session: Sessions, now: datetime) -> None:
    async with open_session.begin() as session:
        person = await office.add_person(session, BY, now, login="alice", name="Alice")
        _, row = await office.issue_key(session, BY, now, person.id, "laptop")
        with pytest.raises(NotThere):
            await office.revoke_key(session, BY, now, uuid4(), row.id)


async def test_the_last_administrator_keeps_the_role(open_session: Sessions, now: datetime) -> None:
    async with open_session.begin() as session:
        person = await office.add_person(session, BY, now, login="root", name="Root")
        await office.grant(session, BY, now, person.id, Role.ADMIN, None)
        with pytest.raises(LastAdmin):
            await office.revoke(session, BY, now, person.id, Role.ADMIN, None)


async def test_the_last_administrator_stays_active(open_session: Sessions, now: datetime) -> None:
    async with open_session.begin() as session:
        person = await office.add_person(session, BY, now, login="root", name="Root")
        await office.grant(session, BY, now, person.id, Role.ADMIN, None)
        with pytest.raises(LastAdmin):
            await office.set_person(session, BY, now, person.id, {"active": False})


async def test_a_shop_s_own_policy_beats_the_house_s(open_session: Sessions, now: datetime) -> None:
    shipped = load_shipped("desk", DeskPolicy).model_dump(mode="json", by_alias=True)
    async with open_session.begin() as session:
        await open_shop(session, now)
        await office.put_policy(session, "desk", None, shipped, BY, "for all", now)
        await office.put_policy(session, "desk", "demo", shipped, BY, "for demo", now)
        in_force = [(await office.policy_in_force(session, "desk", shop)).why for shop in ("demo", None)]
    assert in_force == ["for demo", "for all"]


async def test_without_any_row_the_shipped_document_counts(open_session: Sessions) -> None:
    async with open_session() as session:
        found = await office.policy_in_force(session, "desk", "demo")
    assert (found.version, found.document) == (0, load_shipped("desk", DeskPolicy))


async def test_a_policy_that_does_not_fit_names_its_fields(open_session: Sessions, now: datetime) -> None:
    shipped = load_shipped("desk", DeskPolicy).model_dump(mode="json", by_alias=True)
    with pytest.raises(PolicyUnreadable, match="nonsense") as refused:
        async with open_session.begin() as session:
            await office.put_policy(session, "desk", None, shipped | {"nonsense": 1}, BY, "w", now)
    assert refused.value.facts["fields"]


async def test_what_the_law_refuses_cannot_be_allowed_by_a_policy(open_session: Sessions, now: datetime) -> None:
    document = load_shipped("compensation", CompensationPolicy).model_dump(mode="json", by_alias=True)
    document["gate"]["jurisdictions"]["US"]["after_amendment"] = "allow"
    with pytest.raises(PolicyUnreadable, match="US"):
        async with open_session.begin() as session:
            await office.put_policy(session, "compensation", None, document, BY, "w", now)


async def test_a_policy_saved_meanwhile_is_not_overwritten(open_session: Sessions, now: datetime) -> None:
    shipped = load_shipped("desk", DeskPolicy).model_dump(mode="json", by_alias=True)
    async with open_session.begin() as session:
        await office.put_policy(session, "desk", None, shipped, BY, "first", now, expected=0)
        with pytest.raises(PolicyMoved):
            await office.put_policy(session, "desk", None, shipped, BY, "second", now, expected=0)


async def test_an_unknown_kind_of_policy_is_refused_with_the_kinds_there_are(open_session: Sessions) -> None:
    async with open_session() as session:
        with pytest.raises(UnknownPolicy, match="compensation"):
            await office.policy_in_force(session, "nonsense", None)


@pytest.mark.parametrize("kind", ["contact", "platforms", "compensation", "desk", "causes", "texts"])
async def test_every_shipped_policy_can_be_saved_and_read_back(
    open_session: Sessions, now: datetime, kind: str
) -> None:
    async with open_session.begin() as session:
        shipped = (await office.policy_in_force(session, kind, None)).document
        await office.put_policy(session, kind, None, shipped.model_dump(mode="json", by_alias=True), BY, "w", now)
        assert (await office.policy_in_force(session, kind, None)).document == shipped
