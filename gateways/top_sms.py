"""SMS to the buyer of an order by the order's OAID: the shop never learns the phone number."""

import json
from dataclasses import dataclass

from domain.outgoing import ClearedNotice
from gateways.top import TopClient


@dataclass(frozen=True, slots=True)
class OaidSmsAccepted:
    """Accepted, not delivered. `extend_code` is what a reply of the buyer would carry, None if none was given."""

    request_id: str | None
    extend_code: str | None


class TopSms:
    def __init__(self, client: TopClient) -> None:
        self._client = client

    async def send(
        self, tid: str, oaid: str, sign_name: str, template_code: str, notice: ClearedNotice
    ) -> OaidSmsAccepted:
        """Send one approved template. There is no idempotency key: record the attempt before calling."""
        request = {
            "order_id": tid,
            "oaid": oaid,
            "sms_free_sign_name": sign_name,
            "template_code": template_code,
            "params": json.dumps(dict(notice.words), ensure_ascii=False),
        }
        # The method takes one structured parameter; TOP spells the acronym letter by letter.
        answer = await self._client.call(
            "taobao.jst.sms.oaid.message.send",
            param_send_message_by_o_a_i_d_request=json.dumps(request, ensure_ascii=False),
        )
        return OaidSmsAccepted(answer.optional_text("request_id"), answer.optional_text("module"))
