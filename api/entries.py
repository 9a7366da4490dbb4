"""What people and programs come in with: a key, a session's cookie, or a signature over the request."""

from uuid import UUID

from fastapi import Request

from api import cookies
from api.errors import NotAllowed
from api.house import House
from db import api_keys, login_sessions
from db.api_keys import key_hash, note_key_used
from db.login_sessions import note_seen, session_hash
from db.reads.callers import Holder, key_holder, session_holder, signing_holder
from db.signing_keys import note_signature_used, use_nonce
from domain import case_numbers
from domain.entry import EntryKind, EntryRefused, check_entry
from domain.people import Role
from domain.signed_requests import PushReplayed, Signed, check_signed

LONGEST_KEY = 200
SEND_A_KEY = "Send your key as `Authorization: Bearer ak_…` or as `X-Api-Key`, or log in with `POST /login`."
KEY_ID, TIME, NONCE, SIGNATURE = "X-Amends-Key", "X-Amends-Time", "X-Amends-Nonce", "X-Amends-Signature"
_NOTED = {
    EntryKind.KEY: (api_keys.SPARSE, note_key_used),
    EntryKind.SESSION: (login_sessions.SPARSE, note_seen),
    EntryKind.SIGNATURE: (api_keys.SPARSE, note_signature_used),
}


class Unauthorized(EntryRefused):
    """No usable key and no session came with the request."""

    code = "Unauthorized"


async def by_key(house: House, request: Request, plain: str) -> Holder:
    """Raises an EntryRefused."""
    if len(plain) > LONGEST_KEY:
        raise Unauthorized(SEND_A_KEY)
    async with house.reads() as session:
        holder = await key_holder(session, key_hash(plain), _case_in(request))
    if holder is None:
        raise Unauthorized("This key is unknown; ask an administrator for a new one.")
    return _checked(house, request, holder)


async def by_session(house: House, request: Request) -> Holder:
    """Raises an EntryRefused or CrossSite."""
    plain = cookies.read(request, house.settings, cookies.SESSION)
    if plain is None:
        raise Unauthorized(SEND_A_KEY)
    if request.method not in cookies.SAFE:
        cookies.check_same_site(request, house.settings)
    async with house.reads() as session:
        holder = await session_holder(session, session_hash(plain), house.settings.session_idle, _case_in(request))
    if holder is None:
        raise Unauthorized("This session is unknown; log in again.")
    return _checked(house, request, holder)


async def by_signature(house: House, request: Request, id: str, opened_by: frozenset[Role]) -> Holder:
    """Raises an EntryRefused, or NotAllowed where no program has business; only then is the body read. A request is
    taken once: who repeats it signs it anew."""
    if Role.SERVICE not in opened_by:
        raise NotAllowed("Signed requests are for what the role service may do; use a person's key here.")
    try:
        key = UUID(id)
    except ValueError:
        raise Unauthorized(f"{KEY_ID} must be the id of a signing key.") from None
    async with house.reads() as session:
        found = await signing_holder(session, key, _case_in(request))
    if found is None:
        raise Unauthorized("This signing key is unknown; ask an administrator for a new one.")
    holder = _checked(house, request, found[0])
    signed = await _signed(request)
    check_signed(found[1], signed, house.now())
    async with house.reads() as session:
        if not await use_nonce(session, key, signed.nonce, house.now()):
            raise PushReplayed("This request was taken before; sign it anew, with another nonce, if you mean another.")
    return holder


async def _signed(request: Request) -> Signed:
    target = request.scope["raw_path"].decode("ascii")
    if request.scope["query_string"]:
        target += "?" + request.scope["query_string"].decode("ascii", "replace")
    seconds, nonce, signature = (request.headers.get(name, "")[:LONGEST_KEY] for name in (TIME, NONCE, SIGNATURE))
    return Signed(request.method, target, seconds, nonce, signature, await request.body())


def _checked(house: House, request: Request, holder: Holder) -> Holder:
    """Raises an EntryRefused; the request remembers what it came with, for the record of refusals."""
    request.state.subject = str(holder.entry_id)
    check_entry(holder.entry, holder.active, house.now())
    return holder


async def note_use(house: House, holder: Holder) -> None:
    """Now and then, so that most requests write nothing."""
    seen, now = holder.entry.seen_at, house.now()
    sparse, written = _NOTED[holder.entry.kind]
    if seen is None or now - seen >= sparse:
        async with house.reads() as session:
            await written(session, holder.entry_id, now)


def _case_in(request: Request) -> str | None:
    """The case that the path names; a number that is none is refused where the route looks for it."""
    given = request.path_params.get("number") if request.url.path.startswith("/cases/") else None
    try:
        return case_numbers.parse(given) if given else None
    except case_numbers.BadCaseNumber:
        return None
