"""/buyer and /phone: everything that a buyer does, as JSON."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from sandbox import orders, people, reviews, texts, wallet, waybills
from sandbox.clock import written, yuan
from sandbox.forms import Yuan, fen
from sandbox.world import World

Result = Literal["good", "neutral", "bad"]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ItemBody(Body):
    title: str = Field(min_length=1, max_length=120)
    price: Yuan
    num: int = Field(default=1, ge=1, le=999)


class OrderBody(Body):
    shop: str
    buyer_nick: str = Field(min_length=1, max_length=60)
    items: list[ItemBody] = Field(min_length=1, max_length=20)
    name: str = Field(default="陈晓", min_length=1, max_length=30)
    phone: str = Field(default="13800138000", min_length=5, max_length=24)
    state: str = "浙江省"
    city: str = "杭州市"
    district: str = "余杭区"
    town: str = "五常街道"
    address: str = "文一西路998号海创大厦12楼"
    alipay_account: str | None = None
    finish: bool = Field(default=False, description="confirm receipt at once, ready to be reviewed")


class ReviewBody(Body):
    result: Result
    content: str


class AmendBody(Body):
    content: str | None = None


class AppendBody(Body):
    content: str
    negative: bool = False


class PersonChange(Body):
    online: bool | None = None
    phone_behaviour: str | None = Field(default=None, description=" | ".join(people.PHONE_BEHAVIOURS))
    phone: str | None = None


class DialBody(Body):
    phone: str
    talk_seconds: int = Field(default=90, ge=0)


class BulkReviewBody(Body):
    text: str
    result: Result = "bad"
    created: AwareDatetime | None = None
    buyer_nick: str | None = None


class BulkBody(Body):
    shop: str
    reviews: list[BulkReviewBody] = Field(max_length=20_000)
    push: bool = Field(default=False, description="also publish one TradeRated message each")


def place_order(world: World, body: OrderBody) -> int:
    fields = ("name", "state", "city", "district", "town", "address", "alipay_account")
    receiver = orders.Receiver(mobile=body.phone, **{field: getattr(body, field) for field in fields})
    items = [orders.Item(item.title, fen(item.price), item.num) for item in body.items]
    with world.store.transaction():
        tid = orders.place(world, body.shop, body.buyer_nick, items, receiver)
        if body.finish:
            orders.finish(world, tid)
    return tid


def order_view(world: World, tid: int) -> dict[str, Any]:
    """Ids also as text, since JavaScript cannot hold 19 digits; moments in GMT+8."""
    order = dict(orders.get(world, tid))
    subs = [
        {**dict(row), "oid_text": str(row["oid"]), "price": yuan(row["price"]), "payment": yuan(row["payment"])}
        for row in orders.sub_orders(world, tid)
    ]
    moments = {name: written(order[name]) for name in ("created", "consign_time", "end_time")}
    sent = waybills.of_order(world, tid)
    return (
        order
        | moments
        | {
            "tid_text": str(tid),
            "payment": yuan(order["payment"]),
            "orders": subs,
            "parcel": waybills.brief(world, sent["num"]) if sent else None,
        }
    )


def review_view(row: Any) -> dict[str, Any]:
    moments = ("created", "reply_time", "append_time", "amended_at", "deleted_at")
    return dict(row) | {name: written(row[name]) for name in moments} | {"oid_text": str(row["oid"])}


def person_view(world: World, nick: str) -> dict[str, Any]:
    person = people.get(world, nick)
    account = person["alipay_account"]
    return {
        **dict(person),
        "online": bool(person["online"]),
        "inbox": inbox(world, nick),
        "wallet": wallet.transfers(world, payee=account) if account else [],
    }


def inbox(world: World, nick: str) -> list[dict[str, Any]]:
    """SMS that reached any number this buyer ever gave."""
    numbers = {people.get(world, nick)["phone"]} | {
        row["receiver_mobile"]
        for row in world.store.rows("SELECT DISTINCT receiver_mobile FROM trade WHERE buyer_nick = ?", nick)
    }
    return [dict(row) | {"created": written(row["created"])} for row in texts.to_phones(world, sorted(numbers))]


def router(world: World) -> APIRouter:
    api = APIRouter(tags=["buyer"])
    for part in (_orders, _reviews, _people):
        part(api, world)
    return api


def _orders(api: APIRouter, world: World) -> None:
    @api.post("/buyer/orders", status_code=201)
    async def place(body: OrderBody) -> dict[str, Any]:
        return order_view(world, place_order(world, body))

    @api.get("/buyer/orders")
    async def read_orders(
        buyer: str | None = None, shop: str | None = None, limit: Annotated[int, Query(ge=1, le=500)] = 100
    ) -> list[dict[str, Any]]:
        return [order_view(world, row["tid"]) for row in orders.listed(world, buyer, shop, limit)]

    @api.get("/buyer/orders/{tid}")
    async def read_order(tid: int) -> dict[str, Any]:
        return order_view(world, tid)

    @api.post("/buyer/orders/{tid}/ship")
    async def ship(tid: int) -> dict[str, Any]:
        orders.ship(world, tid)
        return order_view(world, tid)

    @api.post("/buyer/orders/{tid}/finish")
    async def finish(tid: int) -> dict[str, Any]:
        """The buyer confirms receipt; only then can the items be reviewed."""
        orders.finish(world, tid)
        return order_view(world, tid)


def _reviews(api: APIRouter, world: World) -> None:
    @api.get("/buyer/reviews")
    async def read_reviews(
        buyer: str | None = None, shop: str | None = None, limit: Annotated[int, Query(ge=1, le=500)] = 100
    ) -> list[dict[str, Any]]:
        return [review_view(row) for row in reviews.listed(world, buyer, shop, limit)]

    @api.get("/buyer/reviews/{oid}")
    async def read_review(oid: int) -> dict[str, Any]:
        return review_view(reviews.get(world, oid))

    @api.post("/buyer/reviews/{oid}", status_code=201)
    async def leave(oid: int, body: ReviewBody) -> dict[str, Any]:
        """`oid` is the sub-order; with one item in the order it equals the tid."""
        reviews.leave(world, oid, body.result, body.content)
        return review_view(reviews.get(world, oid))

    @api.post("/buyer/reviews/{oid}/amend")
    async def amend(oid: int, body: AmendBody) -> dict[str, Any]:
        """Neutral or bad becomes good, once, within 30 days."""
        reviews.amend(world, oid, body.content)
        return review_view(reviews.get(world, oid))

    @api.delete("/buyer/reviews/{oid}")
    async def delete(oid: int) -> dict[str, bool]:
        reviews.delete(world, oid)
        return {"deleted": True}

    @api.post("/buyer/reviews/{oid}/append")
    async def append(oid: int, body: AppendBody) -> dict[str, Any]:
        reviews.append(world, oid, body.content, body.negative)
        return review_view(reviews.get(world, oid))

    @api.post("/buyer/bulk_reviews", status_code=201)
    async def bulk(body: BulkBody) -> dict[str, Any]:
        """One finished order with one review each, all or nothing; oids in the order given."""
        batch = [
            reviews.BulkReview(
                one.text, one.result, int(one.created.timestamp()) if one.created else None, one.buyer_nick
            )
            for one in body.reviews
        ]
        oids = reviews.load(world, body.shop, batch, body.push)
        return {"created": len(oids), "oids": oids}


def _people(api: APIRouter, world: World) -> None:
    @api.get("/buyer/people")
    async def read_people() -> list[dict[str, Any]]:
        return [dict(row) for row in people.every(world)]

    @api.get("/buyer/people/{nick}")
    async def read_person(nick: str) -> dict[str, Any]:
        """With the SMS inbox and the transfers received."""
        return person_view(world, nick)

    @api.post("/buyer/people/{nick}")
    async def change_person(nick: str, body: PersonChange) -> dict[str, Any]:
        """Goes online or offline, and says how the telephone behaves."""
        people.change(world, nick, **body.model_dump())
        return person_view(world, nick)

    @api.post("/phone/dial")
    async def dial(body: DialBody) -> dict[str, Any]:
        """One call: release_cause 16 talked, 17 busy, 19 no answer, 21 declined, 1 empty number, 4 suspended."""
        call = people.dial(world, body.phone, body.talk_seconds)
        return call | {name: written(call[name]) for name in ("ring_time", "start_time", "release_time")}
