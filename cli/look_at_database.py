"""`amends doctor` looks at the database, its roles, its clock, the keys that open it, and the record in it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from cli.diagnosis import Diagnosis, bad, good, odd
from cli.house import Tools
from db import audit, resealing
from db.heads import lost, newest_head
from db.tables.buyers import Buyer
from db.tables.office import PersonRole
from domain.people import Role

SKEW = timedelta(seconds=5)
HEAD_AGE = timedelta(hours=26)
PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
MAY_CHANGE = text("SELECT has_table_privilege('case_event', 'UPDATE') OR has_table_privilege('case_event', 'DELETE')")


async def look_at_database(house: Tools) -> AsyncIterator[Diagnosis]:
    async with house.sessions() as session:
        version = await session.scalar(text("SHOW server_version"))
        yield good("database", f"PostgreSQL {version} answers")
        yield await _schema(session)
        yield await _role(session)
        yield await _clock(session, house)
        yield await _admins(session)
        async for diagnosis in _keys(session, house):
            yield diagnosis
        async for diagnosis in _record(session, house):
            yield diagnosis


async def _schema(session: AsyncSession) -> Diagnosis:
    wanted = ScriptDirectory.from_config(Config(toml_file=PYPROJECT)).get_current_head()
    there = await session.scalar(text("SELECT version_num FROM alembic_version"))
    if there == wanted:
        return good("schema", f"is at {there}")
    return bad("schema", f"is at {there}, this code needs {wanted}", "run the migrations: alembic upgrade head")


async def _role(session: AsyncSession) -> Diagnosis:
    role = await session.scalar(text("SELECT current_user"))
    if await session.scalar(MAY_CHANGE):
        return bad("role", f"{role} may change the record", "run as amends_app; only migrations run as the owner")
    return good("role", f"{role} can't change the record")


async def _clock(session: AsyncSession, house: Tools) -> Diagnosis:
    theirs = await session.scalar(text("SELECT clock_timestamp()"))
    apart = abs(house.now - theirs) if theirs else SKEW
    if apart < SKEW:
        return good("clock", "agrees with the database's")
    return bad("clock", f"is {apart.total_seconds():.0f} s off the database's", "let both follow a time server (NTP)")


async def _admins(session: AsyncSession) -> Diagnosis:
    found = select(PersonRole.id).where(PersonRole.role == Role.ADMIN, PersonRole.shop.is_(None)).limit(1)
    if await session.scalar(found):
        return good("people", "there is an administrator")
    return bad("people", "nobody administers the house", "amends people add LOGIN NAME --role admin")


async def _keys(session: AsyncSession, house: Tools) -> AsyncIterator[Diagnosis]:
    usage = await resealing.usage(session)
    missing = sorted(set(usage) - set(house.ring.keys))
    old = sum(many for key, many in usage.items() if key != house.ring.current)
    if missing:
        values = sum(usage[key] for key in missing)
        remedy = "put the key back into AMENDS_FIELD_KEYS; nothing else opens these values"
        yield bad("field keys", f"{values} values are sealed with {', '.join(missing)}, which is not there", remedy)
    elif old:
        yield odd("field keys", f"{old} values are sealed with older keys", "amends keys reseal, then drop those keys")
    else:
        yield good("field keys", f"all {sum(usage.values())} sealed values are under {house.ring.current}")
    yield await _index_key(session, house)


async def _index_key(session: AsyncSession, house: Tools) -> Diagnosis:
    """A buyer's own id must lead to the buyer's row."""
    found = select(Buyer).where(Buyer.platform_id.is_not(None), Buyer.erased_at.is_(None)).limit(1)
    buyer = await session.scalar(found)
    if buyer is None or house.ring.blind(f"buyer:{buyer.platform}", buyer.platform_id or "") == buyer.blind:
        return good("index key", "finds what it has indexed" if buyer else "nothing is indexed yet")
    return bad("index key", "is not the one that buyers were indexed with", "put the old AMENDS_INDEX_KEY back")


async def _record(session: AsyncSession, house: Tools) -> AsyncIterator[Diagnosis]:
    broken = await audit.broken_at(session)
    if broken:
        yield bad("record", f"the office's chain is broken at line {broken}", "keep the disk, and look for who did it")
    gone = await lost(session)
    if gone:
        yield bad("record", f"signed tips are gone: {', '.join(gone)}", "amends verify names the first broken links")
    if not broken and not gone:
        yield good("record", "every signed tip is where it was")
    head = await newest_head(session)
    if house.signer is None:
        yield bad("heads", "AMENDS_RECORD_KEY is not set, so nothing is signed", "set it: openssl rand -base64 32")
    elif head is None or datetime.now(UTC) - head.at > HEAD_AGE:
        when = f"is of {head.at:%Y-%m-%d %H:%M}" if head else "was never made"
        yield odd("heads", f"the newest signed head {when}", "a running worker makes one every day; see its log")
    else:
        own = head.public == house.signer.public
        yield good("heads", f"head {head.number} is of {head.day}" + ("" if own else ", signed by an earlier key"))
