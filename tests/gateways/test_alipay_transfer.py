"""A transfer frozen to bytes before its first send."""

import dataclasses
import hashlib
import json

import pytest

from gateways.alipay_transfer import IdentityType, Payee, Transfer, prepare, said_in, transfer_of
from gateways.transfers import BadTransfer, Order, PreparedTransfer, TamperedTransfer

CHEN = Payee("chen@example.com", IdentityType.LOGON_ID, "陈晨")
TRANSFER = Transfer("A1b2000001000000000042", 500, CHEN)


def test_the_bytes_say_what_is_paid_and_honestly_why() -> None:
    content = json.loads(prepare(TRANSFER).body)
    assert (content["trans_amount"], content["product_code"]) == ("5.00", "TRANS_ACCOUNT_NO_PWD")
    assert (content["transfer_scene_name"], content["order_title"]) == ("企业退款", "售后补偿")
    assert content["transfer_scene_report_infos"]
    assert content["payee_info"] == {
        "identity": "chen@example.com",
        "identity_type": "ALIPAY_LOGON_ID",
        "name": "陈晨",
    }


def test_equal_transfers_are_equal_to_the_byte() -> None:
    assert prepare(TRANSFER) == prepare(dataclasses.replace(TRANSFER))


def test_the_digest_is_that_of_the_bytes() -> None:
    prepared = prepare(TRANSFER)
    assert prepared.digest == hashlib.sha256(prepared.body).hexdigest()


def test_stored_bytes_hold_together() -> None:
    prepare(TRANSFER).check(said_in)


@pytest.mark.parametrize(
    "change", [{"body": b"{}"}, {"digest": "0" * 64}, {"amount_fen": 900}, {"number": "A1b2000001000000000043"}]
)
def test_bytes_that_say_something_else_than_their_row_are_never_sent(change: dict[str, object]) -> None:
    changed = dataclasses.replace(prepare(TRANSFER), **change)  # type: ignore[arg-type]
    with pytest.raises(TamperedTransfer):
        changed.check(said_in)


@pytest.mark.parametrize(
    "raw",
    [b"", b"{}", b"[]", b'{"out_biz_no":"1","trans_amount":5}', b"\xff"],
    ids=["empty", "no field", "a list", "a sum as a number", "no text"],
)
def test_bytes_that_are_no_transfer_are_not_taken_back(raw: bytes) -> None:
    stored = PreparedTransfer("1", 500, raw, hashlib.sha256(raw).hexdigest())
    with pytest.raises(TamperedTransfer, match="not a transfer"):
        stored.check(said_in)


def test_an_account_of_another_wallet_is_refused_by_name() -> None:
    with pytest.raises(BadTransfer, match="WECHAT_OPENID"):
        transfer_of(Order("A1", 500, "WECHAT_OPENID", "o-MYE42l80oelYMDE34nYD456Xoy"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"out_biz_no": ""}, "out_biz_no"),
        ({"out_biz_no": "a-b"}, "out_biz_no"),
        ({"out_biz_no": "x" * 65}, "out_biz_no"),
        ({"amount_fen": 9}, "10 to"),
        ({"amount_fen": -500}, "10 to"),
        ({"amount_fen": 10_000_000_001}, "10 to"),
        ({"payee": Payee("", IdentityType.USER_ID)}, "no account"),
        ({"payee": Payee("13800138000", IdentityType.LOGON_ID)}, "real name"),
        ({"scene_name": ""}, "scene"),
        ({"scene_reports": ()}, "scene"),
    ],
)
def test_a_transfer_that_alipay_would_refuse_is_never_prepared(change: dict[str, object], said: str) -> None:
    with pytest.raises(BadTransfer, match=said):
        prepare(dataclasses.replace(TRANSFER, **change))  # type: ignore[arg-type]


def test_the_payee_is_in_no_representation() -> None:
    shown = repr(TRANSFER) + repr(prepare(TRANSFER))
    assert "chen@example.com" not in shown
    assert "陈晨" not in shown
