"""GET /: the buyer's web page; POST /page/...: its buttons, each answered by a redirect back to the page."""

from collections.abc import Callable
from importlib.resources import files
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox import buyer_cards, exchanges, interventions, orders, people, refunds, reviews
from sandbox.buyer_api import OrderBody, place_order
from sandbox.buyer_refund_api import RefundBody
from sandbox.forms import fen, read_body
from sandbox.markup import Html, fill, join
from sandbox.world import NotFound, Refused, World

Fields = dict[str, str]
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def router(world: World) -> APIRouter:
    api = APIRouter(include_in_schema=False)
    style = (files("sandbox") / "page.css").read_text("utf-8")

    @api.get("/")
    async def page(buyer: str = "", said: str = "", refused: bool = False) -> Response:
        return HTMLResponse(rendered(world, buyer.strip(), said, refused), headers=SECURITY)

    @api.get("/page.css")
    async def page_css() -> Response:
        return Response(style, media_type="text/css; charset=utf-8")

    @api.post("/page/{action}")
    async def press(action: str, request: Request) -> Response:
        # A browser says where a form was: another site's page must not press the buyer's buttons.
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return Response(status_code=403)
        fields, _ = read_body(request.headers.get("content-type", ""), await request.body())
        said, refused = pressed(world, action, fields)
        query = {"buyer": fields.get("buyer", ""), "said": said} | ({"refused": "1"} if refused else {})
        return RedirectResponse("/?" + urlencode(query), 303)

    return api


def rendered(world: World, nick: str, said: str, refused: bool) -> str:
    refunds.settle(world)
    nick = nick or _last_buyer(world)
    buyer = world.store.row("SELECT * FROM buyer WHERE nick = ?", nick)
    shown_nick = nick or "小陈"
    notice = fill('<p class="notice$kind" role="status">$said</p>', kind=" refused" if refused else "", said=said)
    return fill(
        (files("sandbox") / "page.html").read_text("utf-8"),
        now=world.clock.state()["now_china"],
        notice=notice if said else "",
        buyer=shown_nick,
        people=buyer_cards.people_options(world),
        person=buyer_cards.person_card(world, buyer) if buyer is not None else "",
        orders=_orders(world, nick) if buyer is not None else "",
        order_form=buyer_cards.order_form(world, shown_nick),
        latest=buyer_cards.latest_reviews(world),
    )


def _last_buyer(world: World) -> str:
    """Who ordered last: a visitor who named nobody finds something to review."""
    row = world.store.row("SELECT buyer_nick FROM trade ORDER BY tid DESC LIMIT 1")
    return str(row["buyer_nick"]) if row is not None else ""


def _orders(world: World, nick: str) -> Html:
    cards = join(buyer_cards.order_card(world, row["tid"]) for row in orders.listed(world, nick, None, 30))
    return fill("<section><h2>我的订单</h2>$cards</section>", cards=cards)


def pressed(world: World, action: str, fields: Fields) -> tuple[str, bool]:
    """What to tell the buyer, and whether the marketplace refused."""
    try:
        if action not in ACTIONS:
            raise NotFound("action_not_found", f"There is no button {action!r}.")
        ACTIONS[action](world, fields)
    except Refused as refusal:
        return refusal.message, True
    except ValidationError as invalid:
        return "; ".join(f"{error['loc'][-1]}: {error['msg']}" for error in invalid.errors()), True
    except (KeyError, ValueError, OverflowError) as missing:
        return f"表单不完整: {missing}", True
    return "已完成", False


def _order(world: World, fields: Fields) -> None:
    names = ("shop", "name", "phone", "state", "city", "district", "address")
    given = {name: fields[name] for name in names if fields.get(name)}
    body = {
        "buyer_nick": fields["buyer"],
        "items": [{"title": fields["title"], "price": fields["price"]}],
        "alipay_account": fields.get("alipay_account") or None,
        "town": "",
        **given,
    }
    place_order(world, OrderBody.model_validate(body))


def _refund(world: World, fields: Fields) -> None:
    body = RefundBody(amount=fields["amount"], reason=fields["reason"], with_return=bool(fields.get("with_return")))
    refunds.apply(world, int(fields["oid"]), refunds.Application(body.with_return, fen(body.amount), body.reason))


def _ship_back(world: World, fields: Fields) -> None:
    refund_id = int(fields["refund_id"])
    exchange = exchanges.is_one(world, refund_id)
    (exchanges if exchange else refunds).ship_back(world, refund_id, fields["company"], fields["sid"])


def _withdraw(world: World, fields: Fields) -> None:
    refund_id = int(fields["refund_id"])
    (exchanges if exchanges.is_one(world, refund_id) else refunds).withdraw(world, refund_id)


def _review(world: World, fields: Fields) -> None:
    if fields["result"] not in buyer_cards.RESULTS:
        raise Refused("unknown_result", "Choose good, neutral or bad.")
    reviews.leave(world, int(fields["oid"]), fields["result"], fields["content"])


def _append(world: World, fields: Fields) -> None:
    reviews.append(world, int(fields["oid"]), fields["content"], bool(fields.get("negative")))


def _phone(world: World, fields: Fields) -> None:
    people.change(world, fields["buyer"], phone_behaviour=fields["phone_behaviour"])


ACTIONS: dict[str, Callable[[World, Fields], object]] = {
    "order": _order,
    "finish": lambda world, fields: orders.finish(world, int(fields["tid"])),
    "review": _review,
    "amend": lambda world, fields: reviews.amend(world, int(fields["oid"]), fields.get("content") or None),
    "delete": lambda world, fields: reviews.delete(world, int(fields["oid"])),
    "append": _append,
    "refund": _refund,
    "exchange": lambda world, fields: exchanges.apply(world, int(fields["oid"]), fields["reason"]),
    "ship_back": _ship_back,
    "received": lambda world, fields: exchanges.received(world, int(fields["refund_id"])),
    "call_platform": lambda world, fields: interventions.call(world, int(fields["refund_id"])),
    "withdraw": _withdraw,
    "presence": lambda world, fields: people.change(world, fields["buyer"], online=bool(fields.get("online"))),
    "phone": _phone,
}
