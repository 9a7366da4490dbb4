"""The doctor: every part is looked at, and what is wrong comes with its remedy."""

import asyncio
from datetime import UTC, datetime, timedelta

from pydantic import SecretStr

from db import office
from db.api_keys import note_key_used
from db.notice_channels import Address, Owner, add_channel
from db.sealing import KeyRing
from db.sessions import connect, sessions
from db.webhooks import add_webhook
from domain.notice_channels import ChannelKind
from settings import Settings
from tests import record_world
from tests.cli.conftest import NOW, Typed, key
from tests.conftest import Database


def test_a_house_without_a_worker_is_told_to_start_one(typed: Typed) -> None:
    found = typed("doctor")
    assert found.exit_code == 1
    assert "bad  worker: nobody works on the queue" in found.stdout
    for healthy in ("database: PostgreSQL", "schema: is at", "role: amends_app can't change", "clock: agrees"):
        assert f"good {healthy}" in found.stdout


def test_whoever_runs_as_the_owner_is_told(typed: Typed, database: Database) -> None:
    found = typed("doctor", AMENDS_DATABASE_URL=database.owner_url)
    assert "bad  role: amends_owner may change the record" in found.stdout


def test_keys_that_can_not_be_read_are_named(typed: Typed) -> None:
    found = typed("doctor", AMENDS_INDEX_KEY="short")
    assert (found.exit_code, "AMENDS_INDEX_KEY must be 32 bytes" in found.stdout) == (1, True)


def test_one_part_that_is_away_keeps_nobody_from_the_others(typed: Typed) -> None:
    found = typed("doctor", TEMPORAL_ADDRESS="127.0.0.1:9")
    assert "bad  engine: can't be looked at" in found.stdout
    assert "good database" in found.stdout


def test_a_house_that_signs_nothing_is_told(typed: Typed) -> None:
    assert "bad  heads: AMENDS_RECORD_KEY is not set" in typed("doctor", AMENDS_RECORD_KEY="").stdout


def test_keys_that_do_not_fit_the_data_are_found(typed: Typed, record: None) -> None:
    found = typed("doctor", AMENDS_INDEX_KEY=key(b"x"), AMENDS_FIELD_KEYS=f"k2:{key(b'x')}")
    assert "is not the one that buyers were indexed with" in typed("doctor", AMENDS_INDEX_KEY=key(b"x")).stdout
    assert "values are sealed with k1, which is not there" in found.stdout


def test_an_older_key_is_told_and_resealing_frees_it(typed: Typed, record: None) -> None:
    both = f"k2:{key(b'x')},k1:{key(b'k')}"
    assert "values are sealed with older keys" in typed("doctor", AMENDS_FIELD_KEYS=both).stdout
    assert typed("keys", "reseal", AMENDS_FIELD_KEYS=both).exit_code == 0
    assert "k1: 0 values" in typed("keys", "usage", AMENDS_FIELD_KEYS=both).stdout
    assert "sealed values are under k2" in typed("doctor", AMENDS_FIELD_KEYS=f"k2:{key(b'x')}").stdout


def test_a_channel_and_a_webhook_that_take_nothing_are_told_with_their_remedy(typed: Typed, database: Database) -> None:
    asyncio.run(_fail(database))
    found = typed("doctor").stdout
    assert "bad  channel: email 'Mail' takes nothing since 2026-11-20" in found
    assert "(last answer timeout)" in found
    assert "bad  webhook: 'ERP' of demo was switched off" in found
    assert "bob@example.com" not in found


async def _fail(database: Database) -> None:
    ring = KeyRing("k1", {"k1": b"k" * 32}, b"i" * 32)
    engine = connect(Settings(database_url=SecretStr(database.app_url)), ring)
    async with sessions(engine).begin() as session:
        await record_world.open_shop(session, NOW, "demo")
        bob = await office.add_person(session, "tests", NOW, login="bob", name="Bob")
        mail = Address(ChannelKind.EMAIL, "bob@example.com")
        row = await add_channel(session, ring, "tests", NOW, Owner(person=bob.id), mail, label="Mail")
        row.failing_since, row.alarmed_at, row.last_code = NOW, NOW, "timeout"
        _, hook = await add_webhook(session, "tests", NOW, "demo", label="ERP", url="https://a.example/", kinds=["*"])
        hook.active, hook.switched_off_at = False, NOW
    await engine.dispose()


def test_where_browsers_log_in_is_told_and_what_keeps_them_from_it(typed: Typed) -> None:
    assert "good logins: browsers log in at http://127.0.0.1:7241" in typed("doctor").stdout
    assert (
        "odd  logins: To log in, the API must be reached by TLS" in typed("doctor", AMENDS_API_HOST="10.0.0.1").stdout
    )


def test_a_provider_is_asked_who_it_is(typed: Typed, sandbox: str) -> None:
    answers = typed("doctor", AMENDS_OIDC_ISSUER=f"{sandbox}/oidc")
    another = typed("doctor", AMENDS_OIDC_ISSUER=f"{sandbox}/oidc/")
    unsafe = typed("doctor", AMENDS_OIDC_ISSUER="http://id.example")
    assert f"good provider: {sandbox}/oidc answers" in answers.stdout
    assert "bad  provider: identity provider answered issuer" in another.stdout
    assert "bad  provider: AMENDS_OIDC_ISSUER is not https" in unsafe.stdout


async def _used_tomorrow(database: Database) -> None:
    engine = connect(Settings(database_url=SecretStr(database.app_url)), KeyRing("k1", {"k1": b"k" * 32}, b"i" * 32))
    async with sessions(engine).begin() as session:
        person = await office.add_person(session, "tests", NOW, login="bob", name="Bob")
        _, row = await office.issue_key(session, "tests", NOW, person.id, "laptop")
        await note_key_used(session, row.id, datetime.now(UTC) + timedelta(days=1))
    await engine.dispose()


def test_a_clock_that_has_gone_back_is_found(typed: Typed, database: Database) -> None:
    asyncio.run(_used_tomorrow(database))
    assert "bad  logins: one was used at" in typed("doctor").stdout
