"""Secrets with which service accounts sign what they push."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.callers import TheCaller
from api.errors import documented
from api.fields import Line, Moment
from api.house import TheHouse
from api.second_person import Confirmation, agreed
from db import signing_keys
from db.second_person import AccountChange
from db.staff import person_of

router = APIRouter(tags=["account"])


class SigningKeyBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    label: Line = Field(description="which program it is for")
    expires_at: Moment | None = None


class NewSigningKey(BaseModel):
    """The only time that the secret is shown."""

    id: UUID = Field(description="sent as `X-Amends-Key`")
    secret: str
    expires_at: datetime | None


class SigningKeyLine(BaseModel):
    id: UUID
    label: str
    made_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


@router.post(
    "/people/{person}/signing-keys", responses=documented(403, 404), status_code=201, summary="Let a program sign"
)
async def issue_signing_key(
    house: TheHouse, caller: TheCaller, person: UUID, body: SigningKeyBody, confirmation: Confirmation = None
) -> NewSigningKey:
    """For accounts that hold the role `service` and no other. A signed request carries `X-Amends-Key`, `X-Amends-Time`
    (seconds since 1970), `X-Amends-Nonce` (16 to 64 letters and digits, new for each) and `X-Amends-Signature`:
    HMAC-SHA256 in hexadecimal over method, path with query, time, nonce and the body's SHA-256, a line each."""
    async with house.sessions.begin() as session:
        await agreed(house, session, caller, AccountChange.ISSUE_SIGNING_KEY, person, confirmation)
        secret, row = await signing_keys.issue_signing_key(
            session, str(caller.person), house.now(), person, body.label, body.expires_at
        )
    return NewSigningKey(id=row.id, secret=secret, expires_at=row.expires_at)


@router.get("/people/{person}/signing-keys", responses=documented(403, 404), summary="What a program signs with")
async def list_signing_keys(house: TheHouse, caller: TheCaller, person: UUID) -> list[SigningKeyLine]:
    """The newest first, without the secrets."""
    async with house.reads() as session:
        await person_of(session, person)
        rows = await signing_keys.signing_keys_of(session, person)
        return [SigningKeyLine(**{name: getattr(row, name) for name in SigningKeyLine.model_fields}) for row in rows]


@router.delete(
    "/people/{person}/signing-keys/{key}",
    responses=documented(403, 404),
    status_code=204,
    summary="Revoke a signing key",
)
async def revoke_signing_key(house: TheHouse, caller: TheCaller, person: UUID, key: UUID) -> None:
    async with house.sessions.begin() as session:
        await signing_keys.revoke_signing_key(session, str(caller.person), house.now(), person, key)
