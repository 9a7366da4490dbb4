"""The matrix of rights, asked of the real api: every route, every role, held in one shop and in all of them."""

from typing import Any
from uuid import uuid4

import httpx2
import pytest

from api.app import routes
from api.house import House
from api.rights import PUBLIC, RIGHTS, Reach, RightsUnreadable, read_table
from domain.people import Role
from tests.api.conftest import person
from tests.api.rows import add_case

Request = tuple[str, str, Any]

SHIFT = {
    "hours": {"zone": "Asia/Shanghai", "week": {"monday": [{"open": "09:00", "close": "18:00"}]}},
    "valid_from": "2026-01-01",
}
LEAVE = {"starts_at": "2026-12-24T00:00:00+08:00", "ends_at": "2026-12-27T00:00:00+08:00", "why": "年假"}
MESSAGE = {"shop": "demo", "buyer": "chen", "channel": "sms", "text": "TD", "message_id": "1"}
REPLY: dict[str, Any] = {
    "cause": "quality.broken",
    "title": "t",
    "sentences": [{"say": "抱歉。"}, {"say": "找客服。", "readers": True}],
}
# How each route is asked: method, path, body.
REQUESTS: dict[str, Request] = {
    "me": ("GET", "/me", None),
    "log_out": ("POST", "/logout", None),
    "change_password": ("POST", "/me/password", {"password": "x", "new_password": "y"}),
    "my_sessions": ("GET", "/me/sessions", None),
    "end_my_session": ("DELETE", f"/me/sessions/{uuid4()}", None),
    "end_my_sessions": ("DELETE", "/me/sessions", None),
    "rotate_my_key": ("POST", "/me/key/rotate", {}),
    "list_keys": ("GET", "/people/{spare}/keys", None),
    "rotate_key": ("POST", f"/people/{{spare}}/keys/{uuid4()}/rotate", {}),
    "list_sessions_of": ("GET", "/people/{spare}/sessions", None),
    "end_sessions_of": ("DELETE", "/people/{spare}/sessions", None),
    "reset_password": ("POST", "/people/{spare}/password-reset", None),
    "list_door_refusals": ("GET", "/office/refusals", None),
    "list_identities": ("GET", "/identities", None),
    "link_identity": ("POST", "/people/{spare}/identities", {"subject": "alice"}),
    "unlink_identity": ("DELETE", f"/people/{{spare}}/identities/{uuid4()}", None),
    "confirm_change": ("POST", "/people/{spare}/confirmations", {"change": "grant_role"}),
    "list_leaves": ("GET", "/people/{spare}/leaves", None),
    "add_leave": ("POST", "/people/{spare}/leaves", LEAVE),
    "remove_leave": ("DELETE", f"/people/{{spare}}/leaves/{uuid4()}", None),
    "issue_signing_key": ("POST", "/people/{spare}/signing-keys", {"label": "erp"}),
    "list_signing_keys": ("GET", "/people/{spare}/signing-keys", None),
    "revoke_signing_key": ("DELETE", f"/people/{{spare}}/signing-keys/{uuid4()}", None),
    "list_teams": ("GET", "/teams", None),
    "put_team": ("PUT", "/teams/night", {"name": "Night", "outsourced": True, "shops": ["demo"]}),
    "set_team": ("PUT", "/people/{spare}/team", {"team": None}),
    "open_case": ("POST", "/reviews", "review"),
    "list_cases": ("GET", "/cases", None),
    "open_refund": ("POST", "/refunds", None),
    "list_refunds": ("GET", "/refunds", None),
    "show_refund": ("GET", "/cases/{case}/refund", None),
    "show_parcels": ("GET", "/cases/{case}/parcels", None),
    "enter_a_parcel": ("POST", "/parcels", {"shop": "demo"}),
    "list_parcels": ("GET", "/parcels", None),
    "parcel_fits": ("GET", "/parcels/fits?shop=demo&buyer=chen", None),
    "my_queue": ("GET", "/queue", None),
    "tell_presence": ("POST", "/presence", {"shop": "demo", "buyer": "chen"}),
    "tell_message": ("POST", "/messages", MESSAGE),
    "show_case": ("GET", "/cases/{case}", None),
    "show_timeline": ("GET", "/cases/{case}/timeline", None),
    "show_review": ("GET", "/cases/{case}/review", None),
    "show_phone": ("GET", "/cases/{case}/phone", None),
    "show_script": ("GET", "/cases/{case}/script", None),
    "keep_complaint": ("POST", "/complaints", {"shop": "demo", "source_id": "1", "channel": "im", "text": "漏水"}),
    "list_complaints": ("GET", "/complaints", None),
    "take_complaint": ("POST", f"/complaints/{uuid4()}/take", None),
    "end_complaint": ("POST", f"/complaints/{uuid4()}/end", {"outcome": "explained", "how": "im", "words": "好"}),
    "count_complaints": ("GET", "/shops/demo/complaints", None),
    "show_complaints": ("GET", "/cases/{case}/complaints", None),
    "check_wording": ("POST", "/shops/demo/wording", {"text": "您好"}),
    "show_buyer": ("GET", "/cases/{case}/buyer", None),
    "show_agreements": ("GET", "/cases/{case}/agreements", None),
    "my_investigations": ("GET", "/investigations", None),
    "show_disputes": ("GET", "/cases/{case}/disputes", None),
    "replay_case": ("GET", "/cases/{case}/replay", None),
    "open_questions": ("GET", "/questions", None),
    "find_rules": ("GET", "/shops/demo/rules", None),
    "retire_rule": ("POST", f"/shops/demo/rules/{uuid4()}/retire", {"why": "w"}),
    "show_offer_range": ("GET", "/cases/{case}/offer-range", None),
    "my_fulfilments": ("GET", "/fulfilments", None),
    "show_delivery": ("GET", "/cases/{case}/delivery", None),
    "list_refused_steps": ("GET", "/cases/{case}/refused-steps", None),
    "take_steps": ("POST", "/cases/steps", {"cases": ["A26-1"], "step": {"step": "note", "text": "hello"}}),
    "take_step": ("POST", "/cases/{case}/steps", {"step": "note", "text": "hello"}),
    "my_notices": ("GET", "/notices", None),
    "count_unread": ("GET", "/notices/unread", None),
    "read_notices": ("POST", "/notices/read", {"notices": []}),
    "my_deliveries": ("GET", "/me/deliveries", None),
    "my_preferences": ("GET", "/me/notice-preferences", None),
    "set_my_preferences": ("PUT", "/me/notice-preferences", {}),
    "my_channels": ("GET", "/me/channels", None),
    "add_my_channel": ("POST", "/me/channels", {"kind": "wecom", "label": "x"}),
    "change_my_channel": ("PATCH", f"/me/channels/{uuid4()}", {}),
    "remove_my_channel": ("DELETE", f"/me/channels/{uuid4()}", None),
    "try_my_channel": ("POST", f"/me/channels/{uuid4()}/test", None),
    "show_preferences": ("GET", "/people/{spare}/notice-preferences", None),
    "set_preferences": ("PUT", "/people/{spare}/notice-preferences", {}),
    "list_shop_channels": ("GET", "/shops/demo/channels", None),
    "list_deliveries": ("GET", "/shops/demo/deliveries", None),
    "add_shop_channel": ("POST", "/shops/demo/channels", {"kind": "wecom", "label": "x"}),
    "change_shop_channel": ("PATCH", f"/shops/demo/channels/{uuid4()}", {}),
    "remove_shop_channel": ("DELETE", f"/shops/demo/channels/{uuid4()}", None),
    "list_webhook_kinds": ("GET", "/webhook-kinds", None),
    "list_webhooks": ("GET", "/shops/demo/webhooks", None),
    "list_webhook_deliveries": ("GET", f"/shops/demo/webhooks/{uuid4()}/deliveries", None),
    "add_webhook": ("POST", "/shops/demo/webhooks", {"label": "x", "url": "https://127.0.0.1/", "kinds": ["*"]}),
    "change_webhook": ("PATCH", f"/shops/demo/webhooks/{uuid4()}", {}),
    "remove_webhook": ("DELETE", f"/shops/demo/webhooks/{uuid4()}", None),
    "rotate_webhook_secret": ("POST", f"/shops/demo/webhooks/{uuid4()}/secret", {}),
    "ping_webhook": ("POST", f"/shops/demo/webhooks/{uuid4()}/ping", None),
    "redeliver_webhook": ("POST", f"/shops/demo/webhooks/{uuid4()}/deliveries/{uuid4()}/redeliver", None),
    "redeliver_webhook_since": ("POST", f"/shops/demo/webhooks/{uuid4()}/redeliver", {"since": "2026-11-01T00:00:00Z"}),
    "try_shop_channel": ("POST", f"/shops/demo/channels/{uuid4()}/test", None),
    "list_payouts": ("GET", "/payouts", None),
    "show_confirmation": ("GET", "/payouts/TEST/confirmation", None),
    "list_losses": ("GET", "/losses?since=2026-11-01T00:00:00Z&until=2026-12-01T00:00:00Z", None),
    "list_case_losses": ("GET", "/losses/cases?since=2026-11-01T00:00:00Z&until=2026-12-01T00:00:00Z", None),
    "list_courier_claims": ("GET", "/courier-claims", None),
    "list_differences": ("GET", "/differences", None),
    "settle_difference": ("POST", f"/differences/{uuid4()}/settle", {"reason": "found"}),
    "show_budgets": ("GET", "/shops/demo/budgets", None),
    "show_case_budgets": ("GET", "/cases/{case}/budgets", None),
    "list_budget_postings": ("GET", "/shops/demo/budget-postings", None),
    "raise_one_budget": (
        "POST",
        "/shops/demo/budgets/raise",
        {"budget": "cash/shop/demo/2026-11", "fen": 1, "why": "w"},
    ),
    "list_sales": ("GET", "/shops/demo/sales", None),
    "set_sales": ("PUT", "/shops/demo/sales/2026-10", {"fen": 1}),
    "list_shops": ("GET", "/shops", None),
    "change_shop": ("PATCH", "/shops/demo", {"name": "Demo"}),
    "show_gate": ("GET", "/shops/demo/gate", None),
    "choose_gate": ("PUT", "/shops/demo/gate", {"mode": "on_resolution", "reason": "r"}),
    "acknowledge_gate": (
        "POST",
        "/shops/demo/gate-acknowledgement",
        {"text_version": "?", "reason": "r", "accepted": True},
    ),
    "list_people": ("GET", "/people", None),
    "grant_role": ("POST", "/people/{spare}/roles", {"role": "agent", "shop": "demo"}),
    "revoke_role": ("DELETE", "/people/{spare}/roles?role=lead&shop=demo", None),
    "suggest_replies": ("GET", "/cases/{case}/replies", None),
    "list_reply_templates": ("GET", "/shops/demo/replies", None),
    "save_reply_template": ("POST", "/shops/demo/replies", REPLY),
    "change_reply_template": ("PUT", f"/shops/demo/replies/{uuid4()}", {"title": "t", "sentences": REPLY["sentences"]}),
    "retire_reply_template": ("DELETE", f"/shops/demo/replies/{uuid4()}", None),
    "show_policy": ("GET", "/policies/desk", None),
    "show_policy_history": ("GET", "/policies/desk/history", None),
    "preview_policy": ("POST", "/policies/desk/preview", {"document": {}, "shop": "demo"}),
    "put_policy": ("PUT", "/policies/desk", {"document": {}, "why": "w", "shop": "demo"}),
    "list_shifts": ("GET", "/people/{spare}/shifts", None),
    "set_shift": ("PUT", "/people/{spare}/shifts", SHIFT),
    "remove_shift": ("DELETE", "/people/{spare}/shifts?valid_from=2026-01-01", None),
    "list_surges": ("GET", "/shops/demo/surges", None),
    "set_surge": ("POST", "/shops/demo/surges", {"ends_at": "2026-11-21T00:00:00Z", "why": "Double 12"}),
    "end_surge": ("DELETE", f"/shops/demo/surges/{uuid4()}", None),
    "put_file": ("POST", "/cases/{case}/files?name=x", None),
    "list_files": ("GET", "/cases/{case}/files", None),
    "download_file": ("GET", f"/cases/{{case}}/files/{uuid4()}", None),
    "show_custody": ("GET", f"/cases/{{case}}/files/{uuid4()}/custody", None),
    "show_evidence": ("GET", "/cases/{case}/evidence", None),
    "download_evidence": ("GET", "/cases/{case}/evidence/package", None),
    "set_legal_hold": ("POST", "/cases/{case}/legal-hold", {"why": "w"}),
    "lift_legal_hold": ("POST", "/cases/{case}/legal-hold/lift", {"why": "w"}),
    "list_histories": ("GET", "/cases/{case}/histories", None),
    "show_history": ("GET", "/cases/{case}/history", None),
    "find_cases": ("GET", "/search/cases?q=A26-", None),
    "unmask_buyer": ("POST", "/cases/{case}/buyer/unmask", {"fields": ["name"], "why": "call"}),
    "case_looks": ("GET", "/cases/{case}/buyer/looks", None),
    "list_looks": ("GET", "/looks", None),
    "search_buyers": ("GET", "/search/buyers?q=8000", None),
    "preview_retention": ("GET", "/shops/demo/retention", None),
    "run_retention": ("POST", "/shops/demo/retention", None),
    "list_erasures": ("GET", "/shops/demo/retention/runs", None),
    "erase_buyer": ("POST", "/cases/{case}/buyer/erase", {"why": "w"}),
    "make_export": ("POST", "/exports", "export"),
    "list_heads": ("GET", "/record/heads", None),
    "show_trial_balance": ("GET", "/budgets/trial-balance", None),
    "open_shop": ("POST", "/shops", "shop"),
    "add_person": ("POST", "/people", {"login": "new", "name": "New"}),
    "change_person": ("PATCH", "/people/{spare}", {"capacity": 5}),
    "issue_key": ("POST", "/people/{spare}/keys", {"label": "k"}),
    "revoke_key": ("DELETE", f"/people/{{spare}}/keys/{uuid4()}", None),
    "list_office_events": ("GET", "/office/events", None),
}
SHOP_BODY = {"code": "third", "name": "T", "platform": "sandbox", "cut_off_at": "2026-11-01T00:00:00Z"}


# Not every request of the list can succeed; what counts is that its sender was not refused.
MISSING = {
    "remove_leave",
    "link_identity",
    "unlink_identity",
    "revoke_signing_key",
    "change_password",
    "end_my_session",
    "rotate_key",
    "show_phone",
    "show_custody",
    "show_history",
    "revoke_key",
    "end_surge",
    "settle_difference",
    "show_confirmation",
    "change_reply_template",
    "retire_reply_template",
    "retire_rule",
    "take_complaint",
    "end_complaint",
    "download_file",
    "change_my_channel",
    "remove_my_channel",
    "try_my_channel",
    "change_shop_channel",
    "remove_shop_channel",
    "try_shop_channel",
    "list_webhook_deliveries",
    "change_webhook",
    "remove_webhook",
    "rotate_webhook_secret",
    "ping_webhook",
    "redeliver_webhook",
    "redeliver_webhook_since",
}
# What auditors may send although it is no GET: an export only reads, and the rest is about their own account.
READING = {"make_export"}


def test_the_matrix_and_the_requests_know_every_route_and_no_other() -> None:
    asked = {route.name for route in routes()} - PUBLIC
    assert (set(RIGHTS), set(REQUESTS)) == (asked, asked)


@pytest.mark.parametrize("line", ["me own", "me own own own own own own own own own", "me all . . . . . . ."])
def test_a_line_that_is_no_line_of_the_matrix_stops_the_house(line: str) -> None:
    with pytest.raises(RightsUnreadable):
        read_table(line)


def test_a_route_has_one_line() -> None:
    with pytest.raises(RightsUnreadable, match="twice"):
        read_table("me own . . . . . . .\nme . . . . . . . own")


@pytest.mark.covers(202)
def test_auditors_change_nothing() -> None:
    writing = {route.name for route in routes() if set(route.methods or ()) - {"GET", "HEAD"}}
    opened = {route for route in writing - PUBLIC if RIGHTS[route].reach.get(Role.AUDITOR) not in (None, Reach.OWN)}
    assert opened == READING


@pytest.fixture
async def ask(web: httpx2.AsyncClient, house: House, cast: Any, review: Any) -> Any:
    """Sends the request of one route with one key and returns the answer's status."""
    case = await add_case(house, "demo")
    bodies = {"review": review, "shop": SHOP_BODY, "export": {"case": case, "why": "w"}}

    async def status(route: str, headers: dict[str, str]) -> int:
        method, path, body = REQUESTS[route]
        address = path.format(case=case, spare=cast["service"].id)
        body = bodies.get(body) if isinstance(body, str) else body
        return (await web.request(method, address, json=body, headers=headers)).status_code

    return status


@pytest.mark.covers(181, 182)
@pytest.mark.parametrize("role", list(Role))
async def test_a_role_of_a_shop_opens_what_the_matrix_says(ask: Any, cast: Any, role: Role) -> None:
    answers = {route: await ask(route, cast[role].headers) for route in REQUESTS}
    in_a_shop = {route for route, right in RIGHTS.items() if role in right.in_a_shop}
    assert {route for route, status in answers.items() if status == 403} == set(RIGHTS) - in_a_shop
    assert {route for route in in_a_shop - MISSING if answers[route] in (401, 404)} == set()


@pytest.mark.covers(181)
@pytest.mark.parametrize("role", list(Role))
async def test_a_role_of_every_shop_opens_what_the_matrix_says(ask: Any, house: House, cast: Any, role: Role) -> None:
    everywhere = await person(house, "everywhere", role, None)
    answers = {route: await ask(route, everywhere.headers) for route in REQUESTS}
    opened = {route for route, right in RIGHTS.items() if role in right.opened_by}
    assert {route for route, status in answers.items() if status == 403} == set(RIGHTS) - opened
    assert {route for route in opened - MISSING if answers[route] in (401, 404)} == set()


async def test_a_case_of_another_shop_is_not_found(ask: Any, cast: Any) -> None:
    routes = [route for route, (_, path, _) in REQUESTS.items() if "{case}" in path]
    answers = {route: await ask(route, cast["stranger"].headers) for route in routes}
    assert {status for route, status in answers.items() if Role.AGENT in RIGHTS[route].opened_by} == {404}


async def test_nothing_is_open_without_a_key(ask: Any) -> None:
    assert {await ask(route, {}) for route in REQUESTS} == {401}
