"""Who may use which route: every pair of route and role, from one table."""

from typing import Any
from uuid import uuid4

import httpx2
import pytest

from api.app import routes
from api.house import House
from api.rights import PUBLIC
from domain.people import Role
from tests.api.rows import add_case

Request = tuple[str, str, Any]

SHIFT = {
    "hours": {"zone": "Asia/Shanghai", "week": {"monday": [{"open": "09:00", "close": "18:00"}]}},
    "valid_from": "2026-01-01",
}
MESSAGE = {"shop": "demo", "buyer": "chen", "channel": "sms", "text": "TD", "message_id": "1"}
REPLY: dict[str, Any] = {
    "cause": "quality.broken",
    "title": "t",
    "sentences": [{"say": "抱歉。"}, {"say": "找客服。", "readers": True}],
}
# For each route: how it is asked, and the roles that it is open to (the role held in the case's own shop).
TABLE: dict[str, tuple[Request, str]] = {
    "me": (("GET", "/me", None), "agent lead supervisor warehouse finance auditor admin service"),
    "open_case": (("POST", "/reviews", "review"), "agent lead supervisor service"),
    "list_cases": (("GET", "/cases", None), "agent lead supervisor warehouse finance auditor service"),
    "open_refund": (("POST", "/refunds", None), "agent lead supervisor service"),
    "list_refunds": (("GET", "/refunds", None), "agent lead supervisor warehouse finance auditor service"),
    "show_refund": (("GET", "/cases/{case}/refund", None), "agent lead supervisor warehouse finance auditor"),
    "enter_a_parcel": (("POST", "/parcels", {"shop": "demo"}), "agent lead supervisor warehouse finance"),
    "list_parcels": (("GET", "/parcels", None), "agent lead supervisor warehouse finance auditor service"),
    "parcel_fits": (
        ("GET", "/parcels/fits?shop=demo&buyer=chen", None),
        "agent lead supervisor warehouse finance auditor service",
    ),
    "my_queue": (("GET", "/queue", None), "agent lead supervisor warehouse finance"),
    "tell_presence": (("POST", "/presence", {"shop": "demo", "buyer": "chen"}), "agent lead supervisor service"),
    "tell_message": (("POST", "/messages", MESSAGE), "agent lead supervisor service"),
    "show_case": (("GET", "/cases/{case}", None), "agent lead supervisor warehouse finance auditor service"),
    "show_timeline": (
        ("GET", "/cases/{case}/timeline", None),
        "agent lead supervisor warehouse finance auditor service",
    ),
    "show_review": (("GET", "/cases/{case}/review", None), "agent lead supervisor auditor"),
    "show_phone": (("GET", "/cases/{case}/phone", None), "agent lead supervisor"),
    "show_script": (("GET", "/cases/{case}/script", None), "agent lead supervisor"),
    "check_wording": (("POST", "/shops/demo/wording", {"text": "您好"}), "agent lead supervisor admin"),
    "show_buyer": (("GET", "/cases/{case}/buyer", None), "agent lead supervisor auditor"),
    "show_agreements": (("GET", "/cases/{case}/agreements", None), "agent lead supervisor auditor"),
    "my_investigations": (("GET", "/investigations", None), "agent lead supervisor warehouse finance"),
    "show_offer_range": (("GET", "/cases/{case}/offer-range", None), "agent lead supervisor auditor"),
    "my_fulfilments": (("GET", "/fulfilments", None), "agent lead supervisor warehouse finance"),
    "show_delivery": (("GET", "/cases/{case}/delivery", None), "agent lead supervisor warehouse finance"),
    "list_refused_steps": (("GET", "/cases/{case}/refused-steps", None), "lead supervisor auditor"),
    "take_steps": (
        ("POST", "/cases/steps", {"cases": ["A26-1"], "step": {"step": "note", "text": "hello"}}),
        "agent lead supervisor warehouse finance",
    ),
    "take_step": (
        ("POST", "/cases/{case}/steps", {"step": "note", "text": "hello"}),
        "agent lead supervisor warehouse finance",
    ),
    "my_notices": (("GET", "/notices", None), "agent lead supervisor warehouse finance auditor admin service"),
    "list_payouts": (("GET", "/payouts", None), "lead supervisor finance auditor"),
    "list_differences": (("GET", "/differences", None), "supervisor finance auditor"),
    "settle_difference": (("POST", f"/differences/{uuid4()}/settle", {"reason": "found"}), "finance"),
    "show_budgets": (("GET", "/shops/demo/budgets", None), "lead supervisor finance auditor"),
    "show_case_budgets": (("GET", "/cases/{case}/budgets", None), "agent lead supervisor finance auditor"),
    "list_budget_postings": (("GET", "/shops/demo/budget-postings", None), "supervisor finance auditor"),
    "raise_one_budget": (
        ("POST", "/shops/demo/budgets/raise", {"budget": "cash/shop/demo/2026-11", "fen": 1, "why": "w"}),
        "supervisor",
    ),
    "list_sales": (("GET", "/shops/demo/sales", None), "lead supervisor finance auditor admin"),
    "set_sales": (("PUT", "/shops/demo/sales/2026-10", {"fen": 1}), "supervisor finance admin"),
    "list_shops": (("GET", "/shops", None), "agent lead supervisor warehouse finance auditor admin service"),
    "change_shop": (("PATCH", "/shops/demo", {"name": "Demo"}), "admin"),
    "show_gate": (("GET", "/shops/demo/gate", None), "lead supervisor finance auditor admin"),
    "choose_gate": (
        ("PUT", "/shops/demo/gate", {"mode": "on_resolution", "reason": "r"}),
        "supervisor admin",
    ),
    "acknowledge_gate": (
        ("POST", "/shops/demo/gate-acknowledgement", {"text_version": "?", "reason": "r", "accepted": True}),
        "supervisor admin",
    ),
    "list_people": (("GET", "/people", None), "agent lead supervisor auditor admin"),
    "grant_role": (("POST", "/people/{spare}/roles", {"role": "agent", "shop": "demo"}), "admin"),
    "revoke_role": (("DELETE", "/people/{spare}/roles?role=lead&shop=demo", None), "admin"),
    "suggest_replies": (("GET", "/cases/{case}/replies", None), "agent lead supervisor auditor"),
    "list_reply_templates": (("GET", "/shops/demo/replies", None), "agent lead supervisor auditor admin"),
    "save_reply_template": (("POST", "/shops/demo/replies", REPLY), "lead supervisor admin"),
    "change_reply_template": (
        ("PUT", f"/shops/demo/replies/{uuid4()}", {"title": "t", "sentences": REPLY["sentences"]}),
        "lead supervisor admin",
    ),
    "retire_reply_template": (("DELETE", f"/shops/demo/replies/{uuid4()}", None), "lead supervisor admin"),
    "show_policy": (("GET", "/policies/desk", None), "agent lead supervisor finance auditor admin"),
    "show_policy_history": (("GET", "/policies/desk/history", None), "agent lead supervisor finance auditor admin"),
    "preview_policy": (("POST", "/policies/desk/preview", {"document": {}, "shop": "demo"}), "supervisor admin"),
    "put_policy": (
        ("PUT", "/policies/desk", {"document": {}, "why": "w", "shop": "demo"}),
        "supervisor admin",
    ),
    "list_shifts": (("GET", "/people/{spare}/shifts", None), "agent lead supervisor auditor admin"),
    "set_shift": (("PUT", "/people/{spare}/shifts", SHIFT), "lead supervisor admin"),
    "remove_shift": (("DELETE", "/people/{spare}/shifts?valid_from=2026-01-01", None), "lead supervisor admin"),
    "list_surges": (("GET", "/shops/demo/surges", None), "agent lead supervisor auditor admin"),
    "set_surge": (
        ("POST", "/shops/demo/surges", {"ends_at": "2026-11-21T00:00:00Z", "why": "Double 12"}),
        "supervisor admin",
    ),
    "end_surge": (("DELETE", f"/shops/demo/surges/{uuid4()}", None), "supervisor admin"),
    "put_file": (("POST", "/cases/{case}/files?name=x", None), "agent lead supervisor warehouse finance"),
    "list_files": (("GET", "/cases/{case}/files", None), "agent lead supervisor warehouse finance auditor"),
    "download_file": (
        ("GET", f"/cases/{{case}}/files/{uuid4()}", None),
        "agent lead supervisor warehouse finance auditor",
    ),
    "show_custody": (("GET", f"/cases/{{case}}/files/{uuid4()}/custody", None), "lead supervisor auditor"),
    "show_evidence": (("GET", "/cases/{case}/evidence", None), "agent lead supervisor auditor"),
    "download_evidence": (("GET", "/cases/{case}/evidence/package", None), "lead supervisor auditor"),
    "set_legal_hold": (("POST", "/cases/{case}/legal-hold", {"why": "w"}), "supervisor admin"),
    "lift_legal_hold": (("POST", "/cases/{case}/legal-hold/lift", {"why": "w"}), "supervisor admin"),
    "list_histories": (("GET", "/cases/{case}/histories", None), "supervisor auditor admin"),
    "show_history": (("GET", "/cases/{case}/history", None), "supervisor auditor admin"),
    "find_cases": (
        ("GET", "/search/cases?q=A26-", None),
        "agent lead supervisor warehouse finance auditor service",
    ),
    "unmask_buyer": (
        ("POST", "/cases/{case}/buyer/unmask", {"fields": ["name"], "why": "call"}),
        "agent lead supervisor warehouse finance",
    ),
    "list_looks": (("GET", "/cases/{case}/buyer/looks", None), "lead supervisor auditor"),
    "search_buyers": (("GET", "/search/buyers?q=8000", None), "agent lead supervisor warehouse auditor"),
    "preview_retention": (("GET", "/shops/demo/retention", None), "supervisor auditor admin"),
    "run_retention": (("POST", "/shops/demo/retention", None), "admin"),
    "list_erasures": (("GET", "/shops/demo/retention/runs", None), "supervisor auditor admin"),
    "erase_buyer": (("POST", "/cases/{case}/buyer/erase", {"why": "w"}), "supervisor admin"),
    "make_export": (("POST", "/exports", "export"), "supervisor auditor"),
    "list_heads": (("GET", "/record/heads", None), "auditor admin"),
    # The rest needs an administrator (or, for the record, an auditor) of every shop.
    "show_trial_balance": (("GET", "/budgets/trial-balance", None), ""),
    "open_shop": (("POST", "/shops", "shop"), ""),
    "add_person": (("POST", "/people", {"login": "new", "name": "New"}), ""),
    "change_person": (("PATCH", "/people/{spare}", {"capacity": 5}), ""),
    "issue_key": (("POST", "/people/{spare}/keys", {"label": "k"}), ""),
    "revoke_key": (("DELETE", f"/people/{{spare}}/keys/{uuid4()}", None), ""),
    "list_office_events": (("GET", "/office/events", None), ""),
}
SHOP_BODY = {"code": "third", "name": "T", "platform": "sandbox", "cut_off_at": "2026-11-01T00:00:00Z"}


def test_the_table_knows_every_route() -> None:
    assert set(TABLE) | PUBLIC == {route.name for route in routes()}


@pytest.fixture
async def ask(web: httpx2.AsyncClient, house: House, cast: Any, review: Any) -> Any:
    """Sends the request of one route with one key and returns the answer's status."""
    case = await add_case(house, "demo")
    bodies = {"review": review, "shop": SHOP_BODY, "export": {"case": case, "why": "w"}}

    async def status(route: str, headers: dict[str, str]) -> int:
        (method, path, body), _ = TABLE[route]
        address = path.format(case=case, spare=cast["service"].id)
        body = bodies.get(body) if isinstance(body, str) else body
        return (await web.request(method, address, json=body, headers=headers)).status_code

    return status


@pytest.mark.covers(181, 182)
@pytest.mark.parametrize("role", list(Role))
async def test_a_role_opens_its_routes_and_no_others(ask: Any, cast: Any, role: Role) -> None:
    opened = {route for route in TABLE if await ask(route, cast[role].headers) not in (401, 403, 404)}
    refused = {route for route in TABLE if await ask(route, cast[role].headers) == 403}
    # Not every request of the table can succeed; what counts is that it was not refused for its sender.
    missing = {"show_phone", "show_custody", "show_history", "revoke_key", "end_surge", "settle_difference"}
    missing |= {"change_reply_template", "retire_reply_template"}
    expected = {route for route, (_, roles) in TABLE.items() if role in roles.split()}
    assert opened - missing == expected - missing
    assert refused == set(TABLE) - expected


async def test_an_administrator_of_the_whole_house_opens_every_office_route(ask: Any, cast: Any) -> None:
    office = ["open_shop", "add_person", "change_person", "issue_key", "list_office_events", "list_people"]
    assert [await ask(route, cast["root"].headers) for route in office] == [201, 201, 200, 201, 200, 200]


async def test_a_case_of_another_shop_is_not_found(ask: Any, cast: Any) -> None:
    routes = [route for route, ((_, path, _), _) in TABLE.items() if "{case}" in path]
    answers = {route: await ask(route, cast["stranger"].headers) for route in routes}
    assert {status for route, status in answers.items() if "agent" in TABLE[route][1].split()} == {404}


async def test_nothing_is_open_without_a_key(ask: Any) -> None:
    assert {await ask(route, {}) for route in TABLE} == {401}
