import httpx2

from tests.sandbox.clients import Market, Shop

SCRIPT = "<script>alert(1)</script>"


def press(market: Market, action: str, **fields: object) -> httpx2.Response:
    """Presses a button of the page and follows it back."""
    return market.http.post(f"/page/{action}", data=fields, follow_redirects=True)


def test_the_page_shows_the_buyers_orders_reviews_texts_and_money(market: Market, shop: Shop) -> None:
    market.review(shop, "neutral", "杯子一般", buyer_nick="page-buyer")

    text = market.http.get("/", params={"buyer": "page-buyer"}).text

    assert all(word in text for word in (shop.seller_nick, "茶杯", "杯子一般", "中评", "支付宝到账", "短信"))


def test_nothing_that_a_buyer_wrote_becomes_markup(market: Market, shop: Shop) -> None:
    nick = f'"><{SCRIPT}'
    items = [{"title": SCRIPT, "price": "1"}]
    market.review(shop, content=SCRIPT, buyer_nick=nick, items=items, phone=f"{SCRIPT[:20]}")

    text = market.http.get("/", params={"buyer": nick, "said": SCRIPT}).text

    assert "<script" not in text
    assert text.count("&lt;script&gt;") >= 4


def test_the_page_may_load_and_run_nothing_from_elsewhere(market: Market) -> None:
    policy = market.http.get("/").headers["content-security-policy"]

    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert market.http.get("/page.css").headers["content-type"].startswith("text/css")


def test_a_buyer_goes_from_order_to_amended_review_by_buttons(market: Market, shop: Shop) -> None:
    press(market, "order", buyer="buttons", shop=shop.seller_nick, title="茶壶", price="88")
    (order,) = market.get("/buyer/orders", buyer="buttons")
    press(market, "finish", buyer="buttons", tid=order["tid"])
    press(market, "review", buyer="buttons", oid=order["tid"], result="bad", content="壶嘴漏水")
    page = press(market, "amend", buyer="buttons", oid=order["tid"], content="")

    assert "已完成" in page.text
    (review,) = market.get("/buyer/reviews", buyer="buttons")
    assert (review["result"], review["content"]) == ("good", "壶嘴漏水")


def test_the_other_buttons_work_as_well(market: Market, shop: Shop) -> None:
    oid = market.review(shop, buyer_nick="buttons2")
    press(market, "append", buyer="buttons2", oid=oid, content="还漏", negative="1")
    press(market, "delete", buyer="buttons2", oid=oid)
    press(market, "refund", buyer="buttons2", oid=oid, amount="5", reason="少件")
    (refund,) = market.get("/buyer/refunds", buyer="buttons2")
    press(market, "withdraw", buyer="buttons2", refund_id=refund["refund_id"])
    press(market, "presence", buyer="buttons2", online="1")
    press(market, "phone", buyer="buttons2", phone_behaviour="busy")

    person = market.get("/buyer/people/buttons2")
    assert (person["online"], person["phone_behaviour"]) == (True, "busy")
    assert market.get("/buyer/refunds", buyer="buttons2")[0]["status"] == "CLOSED"
    assert market.get("/buyer/reviews", buyer="buttons2")[0]["deleted_at"]


def test_a_refusal_is_told_on_the_page(market: Market, shop: Shop) -> None:
    oid = market.review(shop, buyer_nick="twice")

    page = press(market, "review", buyer="twice", oid=oid, result="bad", content="再来")

    assert "This item was reviewed already." in page.text


def test_an_incomplete_or_nonsensical_form_is_told_on_the_page(market: Market) -> None:
    assert "表单不完整" in press(market, "review", buyer="x").text
    assert "表单不完整" in press(market, "finish", buyer="x", tid="seven").text
    assert "price" in press(market, "order", buyer="x", shop="x", title="x", price="-1").text


def test_another_sites_form_cannot_press_a_button(market: Market, shop: Shop) -> None:
    oid = market.review(shop)

    answer = market.http.post(
        "/page/delete", data={"buyer": "chen", "oid": oid}, headers={"sec-fetch-site": "cross-site"}
    )

    assert answer.status_code == 403
    assert market.get(f"/buyer/reviews/{oid}")["result"] == "bad"


def test_a_visitor_who_names_nobody_sees_the_orders_of_whoever_ordered_last(market: Market, shop: Shop) -> None:
    market.review(shop, content="杯底有裂纹", buyer_nick="the-last-one")

    text = market.http.get("/").text

    assert 'value="the-last-one"' in text
    assert "杯底有裂纹" in text


def test_the_description_of_the_interface_names_no_other_host(market: Market) -> None:
    page = market.http.get("/docs").text

    assert "swagger-ui-bundle.js" in page
    assert "https://" not in page
