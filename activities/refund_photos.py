"""Photos that a step of a refund case names: they are in its vault, they are pictures, and they fit where they go."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.policies import Policies
from activities.refund_counter import most_bytes
from activities.refund_readings import counter_of
from activities.refund_requests import PhotoRequest
from activities.refusals import refusing
from db.attachments import FileUnknown, attachment_of
from db.sessions import Sessions
from db.tables.refunds import Refund
from domain.photos import MOST_BYTES, check_photo
from domain.platforms import Platform
from domain.refund_case.facts import RefundPrepared
from domain.refund_case.market import Counter
from gateways.top_refund_actions import PICTURE_BYTES

# What the marketplaces' calls take (TOP-10480, TOP-125).
SHOWN_KINDS = frozenset({"image/jpeg", "image/png", "image/gif"})


async def photos_of(
    session: AsyncSession, case: str, ids: Collection[str], most: int = MOST_BYTES, kinds: frozenset[str] | None = None
) -> dict[str, str]:
    """The SHA-256 of each. Raises FileUnknown, FileErased, NotAPhoto or PhotoTooLarge for the first that is unfit."""
    digests = {}
    for id in ids:
        attachment, file = await attachment_of(session, case, _uuid(case, id))
        check_photo(file.media_type, file.size, most, kinds)
        digests[id] = attachment.file.hex()
    return digests


class RefundPhotoActivities:
    def __init__(self, sessions: Sessions, policies: Policies) -> None:
        self._sessions = sessions
        self._policies = policies

    @activity.defn
    async def judge_photo(self, request: PhotoRequest) -> RefundPrepared:
        """Whether a picture fits what the buyer is to be shown: a message's, or a refusal's proof. Where a person does
        it in the workbench, any photo does."""
        with refusing():
            async with self._sessions() as session:
                row = await session.get_one(Refund, UUID(request.refund_row))
                platforms, _ = await self._policies.platforms(session, request.shop)
                counter = counter_of(platforms.rules(Platform(row.platform)), row)
                if counter is Counter.NONE:
                    return RefundPrepared(digests=await photos_of(session, request.case, [request.photo]))
                most = PICTURE_BYTES if request.message else most_bytes(counter)
                digests = await photos_of(session, request.case, [request.photo], most, SHOWN_KINDS)
                return RefundPrepared(digests=digests)


def _uuid(case: str, id: str) -> UUID:
    try:
        return UUID(id)
    except ValueError:
        raise FileUnknown(f"Case {case} has no file {id[:40]!r}; take the id that the upload answered.") from None
