import base64
import json
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from tests.sandbox.clients import Market, Wallet

# The SDK reads its answers through urlopen and leaves closing them to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:.*unclosed.*:pytest.PytestUnraisableExceptionWarning")


def transfers(market: Market, number: str) -> list[dict[str, Any]]:
    return list(market.get("/control/transfers", out_biz_no=number))


def test_a_stock_client_pays_a_buyer(market: Market, wallet: Wallet) -> None:
    number = wallet.number()

    answer = wallet.transfer(number, "5.00")

    assert (answer["code"], answer["status"], answer["out_biz_no"]) == ("10000", "SUCCESS", number)
    assert market.get("/control/wallet")["balance"] == "9995.00"
    assert [one["amount"] for one in transfers(market, number)] == ["5.00"]


def test_the_same_number_and_content_is_the_same_transfer(market: Market, wallet: Wallet) -> None:
    number = wallet.number()

    assert wallet.transfer(number) == wallet.transfer(number)
    assert market.get("/control/wallet")["balance"] == "9995.00"
    assert len(transfers(market, number)) == 1


def test_the_same_number_with_another_amount_is_refused(market: Market, wallet: Wallet) -> None:
    number = wallet.number()
    wallet.transfer(number, "5.00")

    assert wallet.transfer(number, "5.01")["sub_code"] == "PAYMENT_INFO_INCONSISTENCY"
    assert len(transfers(market, number)) == 1


def test_a_paid_transfer_can_be_queried(market: Market, wallet: Wallet) -> None:
    number = wallet.number()
    paid = wallet.transfer(number, "5.00")

    found = wallet.query(number)

    assert (found["status"], found["trans_amount"], found["order_id"]) == ("SUCCESS", "5.00", paid["order_id"])


def test_an_unknown_number_does_not_exist(wallet: Wallet) -> None:
    assert wallet.query(wallet.number())["sub_code"] == "ORDER_NOT_EXIST"


@pytest.mark.parametrize(
    ("changes", "sub_code"),
    [
        ({"trans_amount": "0.09"}, "EXCEED_LIMIT_SM_MIN_AMOUNT"),
        ({"trans_amount": "50000.01"}, "EXCEED_LIMIT_PERSONAL_SM_AMOUNT"),
        ({"trans_amount": "10000.01"}, "PAYER_BALANCE_NOT_ENOUGH"),
        ({"trans_amount": "5.001"}, "INVALID_PARAMETER"),
        ({"trans_amount": "-5.00"}, "INVALID_PARAMETER"),
        ({"product_code": "OTHER"}, "INVALID_PARAMETER"),
        ({"transfer_scene_name": "好评返现"}, "INVALID_PARAMETER"),
        ({"payee_info": {"identity": "nobody@example.com", "identity_type": "ALIPAY_LOGON_ID", "name": "无"}},
         "PAYEE_NOT_EXIST"),
        ({"payee_info": {"identity": "chen@example.com", "identity_type": "ALIPAY_LOGON_ID", "name": "王"}},
         "PAYEE_USER_INFO_ERROR"),
        ({"payee_info": {"identity": "chen@example.com", "identity_type": "ALIPAY_LOGON_ID"}}, "INVALID_PARAMETER"),
        ({"payee_info": {"identity": "chen@example.com", "identity_type": "EMAIL"}}, "INVALID_PARAMETER"),
    ],
)  # fmt: skip
def test_a_refused_transfer_moves_nothing(
    market: Market, wallet: Wallet, changes: dict[str, Any], sub_code: str
) -> None:
    number = wallet.number()

    answer = wallet.transfer(number, **changes)

    assert (answer["code"], answer["sub_code"]) == ("40004", sub_code)
    assert transfers(market, number) == []
    assert market.get("/control/wallet")["balance"] == "10000.00"


def test_a_mended_balance_lets_the_same_number_through(market: Market, wallet: Wallet) -> None:
    number = wallet.number()
    market.post("/control/wallet", {"balance": "1"})

    assert wallet.transfer(number)["sub_code"] == "PAYER_BALANCE_NOT_ENOUGH"
    market.post("/control/wallet", {"balance": "100"})
    assert wallet.transfer(number)["status"] == "SUCCESS"


def test_a_payee_may_be_named_by_user_id_alone(market: Market, wallet: Wallet) -> None:
    payee = market.post("/control/wallet/payees", {"account": "chen@example.com", "name": "陈晓"})
    info = {"identity": payee["user_id"], "identity_type": "ALIPAY_USER_ID"}

    assert wallet.transfer(wallet.number(), payee_info=info)["status"] == "SUCCESS"


def test_a_frozen_payee_is_refused(market: Market, wallet: Wallet) -> None:
    market.post("/control/wallet/payees", {"account": "frozen@example.com", "name": "陈晓", "status": "frozen"})
    payee = {"identity": "frozen@example.com", "identity_type": "ALIPAY_LOGON_ID", "name": "陈晓"}

    assert wallet.transfer(wallet.number(), payee_info=payee)["sub_code"] == "PAYEE_ACCOUNT_STATUS_ERROR"


def test_what_was_received_shows_with_the_buyer(market: Market, wallet: Wallet) -> None:
    market.order(market.open_shop())
    number = wallet.number()
    wallet.transfer(number)

    assert market.get("/buyer/people/chen")["wallet"][0]["out_biz_no"] == number


def test_a_request_changed_after_signing_is_refused(market: Market, wallet: Wallet) -> None:
    signed = wallet.sdk.sign_data(wallet.sdk.build_body("alipay.fund.trans.common.query", {"order_id": "1"}))

    answer = market.http.get("/gateway.do?" + signed.replace("order_id", "order_iD"))

    node = answer.json()["alipay_fund_trans_common_query_response"]
    assert (node["code"], node["sub_code"]) == ("40002", "isv.invalid-signature")


def test_an_unregistered_app_is_refused(market: Market, wallet: Wallet) -> None:
    wallet.sdk._appid = "2021999999999999"

    assert wallet.query("1")["sub_code"] == "isv.invalid-app-id"


def test_common_parameters_in_the_query_and_content_in_the_form_are_accepted(market: Market, wallet: Wallet) -> None:
    body = wallet.sdk.build_body("alipay.fund.trans.common.query", {"order_id": "1"})
    every = {name: values[0] for name, values in parse_qs(wallet.sdk.sign_data(body)).items()}
    content = {"biz_content": every.pop("biz_content")}

    answer = market.http.post("/gateway.do", params=every, data=content)

    assert answer.json()["alipay_fund_trans_common_query_response"]["sub_code"] == "ORDER_NOT_EXIST"


def test_the_answer_is_signed_over_its_raw_text(market: Market, wallet: Wallet) -> None:
    url = "/gateway.do?" + wallet.sdk.sign_data(wallet.sdk.build_body("alipay.fund.trans.common.query", {"a": "b"}))
    text = market.http.get(url).text
    key = load_pem_public_key(market.get("/control/alipay/public_key")["public_key"].encode())
    assert isinstance(key, RSAPublicKey)

    node = text[text.index(":") + 1 : text.rindex(',"sign"')]

    signature = base64.b64decode(json.loads(text)["sign"])
    key.verify(signature, node.encode(), padding.PKCS1v15(), hashes.SHA256())
    with pytest.raises(InvalidSignature):
        key.verify(signature, node.encode() + b" ", padding.PKCS1v15(), hashes.SHA256())


def test_a_dealing_transfer_is_not_settled_yet(market: Market, wallet: Wallet) -> None:
    number = wallet.number()
    market.plan("alipay.fund.trans.uni.transfer", "dealing", seconds=60)

    assert wallet.transfer(number)["status"] == "DEALING"
    assert wallet.query(number)["status"] == "DEALING"
    assert wallet.transfer(number)["status"] == "DEALING"


@pytest.mark.parametrize(("outcome", "balance"), [("SUCCESS", "9995.00"), ("FAIL", "10000.00")])
def test_a_dealing_transfer_ends_as_planned(market: Market, wallet: Wallet, outcome: str, balance: str) -> None:
    number = wallet.number()
    market.plan("alipay.fund.trans.uni.transfer", "dealing", seconds=0, outcome=outcome)
    wallet.transfer(number)

    assert wallet.query(number)["status"] == outcome
    assert market.get("/control/wallet")["balance"] == balance


def test_the_wallet_runs_dry_on_demand(market: Market, wallet: Wallet) -> None:
    market.plan("alipay.fund.trans.uni.transfer", "balance")

    assert wallet.transfer(wallet.number())["sub_code"] == "PAYER_BALANCE_NOT_ENOUGH"


def test_a_public_key_that_is_none_is_refused(market: Market) -> None:
    body = {"app_id": "1", "public_key": "not a key"}

    assert market.refusal("/control/alipay/apps", body) == "bad_public_key"
