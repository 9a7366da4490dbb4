"""What a seller does with refund applications of a Taobao or Tmall shop: agree, pay back, refuse.

None of these calls carries a key that would make a repeat safe. The application's version does: read it before, send it
along, and read again afterwards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from domain.outgoing import Cleared
from gateways.failures import Rejected
from gateways.nodes import Node
from gateways.top import PARTY, TopClient

BUYER_PAYS, SELLER_PAYS = 1, 0
MESSAGE_CHARS = (2, 200)
PROOF_BYTES = 130_000
PICTURE_BYTES = 500_000
MESSAGE_BYTES = 400
_WHO = {"1": "buyer", "2": "seller"}
_CODE_WANTED = "need-sms-code"


class CodeWanted(Rejected):
    """The sum is large: a code was sent to the seller's phone, and the same call passes with it."""


@dataclass(frozen=True, slots=True)
class Applied:
    """An application under the version and phase in which it was seen. Amounts are fen."""

    refund_id: str
    amount_fen: int
    version: str
    phase: str | None


@dataclass(frozen=True, slots=True)
class ReturnTo:
    """Where the goods go back to; `id` is the marketplace's number of the seller's address."""

    id: int
    name: str = field(repr=False)
    phone: str = field(repr=False)
    address: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PaidBack:
    """What became of one of a batch. `why` is the marketplace's own word, for a person and no history."""

    refund_id: str
    done: bool
    why: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class RefuseReason:
    """One of the marketplace's own reasons to refuse; the buyer reads its words."""

    id: int
    words: str


@dataclass(frozen=True, slots=True)
class Written:
    """Something that was written to an application. `by`: buyer, seller, platform."""

    id: str
    by: str
    text: str = field(repr=False)


class TopRefundActions:
    def __init__(self, client: TopClient) -> None:
        self._client = client

    async def agree_return(self, seen: Applied, to: ReturnTo, *, freight_by_buyer: bool, remark: str) -> None:
        """The buyer is shown the address. Raises Rejected where version or state moved."""
        await self._client.call(
            "taobao.rp.returngoods.agree",
            refund_id=seen.refund_id,
            refund_version=seen.version,
            refund_phase=seen.phase,
            seller_address_id=to.id,
            name=to.name,
            address=to.address,
            mobile=to.phone,
            remark=remark,
            post_fee_bear_role=BUYER_PAYS if freight_by_buyer else SELLER_PAYS,
        )

    async def pay_back(self, seen: Sequence[Applied], code: str | None = None) -> list[PaidBack]:
        """Let the money of several applications go, within the limits of count and sum that the shop's platform has
        (TOP-22465). Each succeeds or fails alone. Raises CodeWanted for a large sum."""
        infos = ",".join(
            "|".join((one.refund_id, str(one.amount_fen), one.version, *([one.phase] if one.phase else [])))
            for one in seen
        )
        try:
            answer = await self._client.call("taobao.rp.refunds.agree", refund_infos=infos, code=code)
        except Rejected as refused:
            if refused.sub_code.endswith(_CODE_WANTED):
                raise CodeWanted(
                    PARTY, refused.code, "enter the code that it sent to the seller's phone",
                    sub_code=refused.sub_code, request_id=refused.request_id,
                ) from refused  # fmt: skip
            raise
        return [
            PaidBack(row.text("refund_id"), row.flag("succ"), row.optional_text("message") or "")
            for row in answer.rows("results")
        ]

    async def refuse(
        self, seen: Applied, message: Cleared, proof: bytes | None = None, reason: int | None = None
    ) -> None:
        """The buyer reads the message. Tmall wants a proof, a picture of at most 130,000 bytes."""
        await self._client.upload(
            "taobao.refund.refuse",
            {"refuse_proof": proof} if proof is not None else {},
            refund_id=seen.refund_id,
            refund_version=seen.version,
            refund_phase=seen.phase,
            refuse_message=message.text,
            refuse_reason_id=reason,
        )

    async def refuse_reasons(self, seen: Applied) -> tuple[RefuseReason, ...]:
        """What may be named when this application is refused, in the marketplace's order."""
        answer = await self._client.call(
            "taobao.refund.refusereason.get",
            refund_id=seen.refund_id,
            refund_phase=seen.phase,
            fields="reason_id,reason_text",
        )
        return tuple(reason_of(row) for row in answer.rows("reasons"))

    async def write(self, seen: Applied, message: Cleared, picture: bytes) -> None:
        """Write to the application, with a picture that the marketplace insists on (at most 500,000 bytes; the words
        400). Nothing makes a repeat safe: look at `written` first."""
        await self._client.upload(
            "taobao.refund.message.add", {"image": picture}, refund_id=seen.refund_id, content=message.text
        )

    async def written(self, seen: Applied) -> tuple[Written, ...]:
        """What buyer, seller and platform wrote, the last 100 of it."""
        answer = await self._client.call(
            "taobao.refund.messages.get",
            refund_id=seen.refund_id,
            refund_phase=seen.phase,
            fields="id,owner_role,content",
            page_no=1,
            page_size=100,
        )
        return tuple(written_of(row, _WHO) for row in answer.rows("refund_messages"))


def written_of(row: Node, who: Mapping[str, str]) -> Written:
    """`who` is what the wire's number of a role means, which differs between refunds and exchanges."""
    return Written(row.text("id"), who.get(row.text("owner_role"), "platform"), row.optional_text("content") or "")


def reason_of(row: Node) -> RefuseReason:
    return RefuseReason(row.integer("reason_id"), row.text("reason_text"))
