"""Signatures against vectors that independent clients made from fixed inputs."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gateways.signing import (
    BadKey,
    TopSignMethod,
    acs3_authorization,
    acs3_query,
    alipay_signing_text,
    load_private_key,
    load_public_key,
    rsa2_sign,
    rsa2_verify,
    top_signature,
)

TOP_PARAMS = {
    "method": "taobao.traderates.get",
    "session": "test-session",
    "fields": "tid,oid,content",
    "rate_type": "get",
    "role": "buyer",
    "page_no": "1",
    "note": "慢了,不满意",
    "app_key": "12345678",
    "format": "json",
    "v": "2.0",
    "timestamp": "2026-11-21 20:30:00",
}
# hmac: taobaopy 6.0.1, BaseAPIRequest.sign with its clock set; md5: sign() of taobao-openapi 1.1.0, the vendor's own;
# hmac-sha256: `openssl dgst -sha256 -hmac helloworld` over the sorted text, as no packaged client signs that way.
TOP_VECTORS: dict[TopSignMethod, str] = {
    "hmac": "F809AC7C34337F174326B9EB52F478B2",
    "md5": "860CBEB4A4BA22BFE53E8EE579B015AC",
    "hmac-sha256": "C3234D028AE437B9CF871182DDEBFFA016D765D0BCCB7CB08829DC44308EF9E7",
}

ALIPAY_PARAMS = {
    "app_id": "2021000000000001",
    "method": "alipay.fund.trans.uni.transfer",
    "charset": "utf-8",
    "sign_type": "RSA2",
    "timestamp": "2026-11-21 20:30:00",
    "version": "1.0",
    "biz_content": '{"out_biz_no":"A1b2000001000000000042","trans_amount":"5.00","remark":"售后补偿"}',
    "format": "JSON",
}
# python-alipay-sdk 3.4.0: AliPay.build_body with its clock set, then sign_data, with the key of conftest.
ALIPAY_VECTOR = (
    "CS84gC1RyhrdfIt627Pz3UgU1R8T+Y2LvdWSzg0YyqXd18FufdIErCKhfZ5owm3XCLwIcFLrLObfj0NygooUXysKGMg3FOcYavDJINkhNCuFR6LZ"
    "z5Kdks+G5ISWyT2N2lyLuD2JTQeO1W1yz/BRastBdJZdAJNCuzUjvA89PNMVAA/XD9sCA6yGrUSL6o9bCQPx2kAK7NfOEDEgJPoPsK2NkhKnh/J0"
    "ciQ3L8Uac6nOBC9nXeQ5+NnHV007RDW+SNRUjKOZltccbUxcHi0LlBb6eufnRKrY3mI9xnssu1Pvq1xW8VV+KMougp/TZIUD8gzCdUTWTmb5VTtH"
    "lysqtA=="
)

SMS_PARAMS = {
    "PhoneNumbers": "13800138000",
    "SignName": "阿里云",
    "TemplateCode": "SMS_154950909",
    "TemplateParam": '{"code":"1234 *~"}',
    "OutId": "A1b2/42",
}
EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
SMS_HEADERS = {
    "host": "dysmsapi.aliyuncs.com",
    "x-acs-action": "SendSms",
    "x-acs-version": "2017-05-25",
    "x-acs-date": "2026-11-21T12:30:00Z",
    "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
    "x-acs-content-sha256": EMPTY_SHA256,
}
# alibabacloud-tea-openapi 0.4.6 (what alibabacloud-dysmsapi20170525 4.6.0 calls): Utils.get_authorization.
SMS_VECTOR = (
    "ACS3-HMAC-SHA256 Credential=LTAItest,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;"
    "x-acs-signature-nonce;x-acs-version,Signature=91a2b67788ec4c5bff80053dce089a6ce90fbee3d4a86394d17da38482f7a4fd"
)


@pytest.mark.parametrize("method", TOP_VECTORS)
def test_top_signs_as_the_stock_clients_do(method: TopSignMethod) -> None:
    assert top_signature(TOP_PARAMS | {"sign_method": method}, "helloworld", method) == TOP_VECTORS[method]


def test_empty_parameters_and_an_old_signature_are_not_signed() -> None:
    with_noise = TOP_PARAMS | {"sign_method": "md5", "sign": "OLD", "nick": ""}
    assert top_signature(with_noise, "helloworld", "md5") == TOP_VECTORS["md5"]


def test_alipay_signs_as_the_stock_client_does(private_key: str) -> None:
    text = alipay_signing_text(ALIPAY_PARAMS)
    assert rsa2_sign(text, load_private_key(private_key)) == ALIPAY_VECTOR


def test_alipay_verifies_what_the_stock_client_signed(public_key: str) -> None:
    assert rsa2_verify(alipay_signing_text(ALIPAY_PARAMS), ALIPAY_VECTOR, load_public_key(public_key))


@pytest.mark.parametrize("signature", ["", "not base64!", "AAAA", ALIPAY_VECTOR[:-8], "签名"])
def test_a_wrong_signature_is_no_crash_but_a_no(signature: str, public_key: str) -> None:
    assert not rsa2_verify(alipay_signing_text(ALIPAY_PARAMS), signature, load_public_key(public_key))


def test_a_changed_text_does_not_verify(public_key: str) -> None:
    dearer = alipay_signing_text(ALIPAY_PARAMS).replace("5.00", "6.00")
    assert not rsa2_verify(dearer, ALIPAY_VECTOR, load_public_key(public_key))


def test_keys_are_read_without_their_pem_armour_too(private_key: str, public_key: str) -> None:
    bare = "".join(private_key.splitlines()[1:-1])
    signature = rsa2_sign("text", load_private_key(bare))
    assert rsa2_verify("text", signature, load_public_key("\n".join(public_key.splitlines()[1:-1])))


@pytest.mark.parametrize("text", ["", "not a key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"])
def test_an_unreadable_key_is_a_named_error(text: str) -> None:
    with pytest.raises(BadKey, match="neither PEM nor base64 DER"):
        load_private_key(text)


@pytest.mark.parametrize("text", ["", "not a key", "QUJD"])
def test_an_unreadable_public_key_is_a_named_error(text: str) -> None:
    with pytest.raises(BadKey, match="public key"):
        load_public_key(text)


def test_a_key_of_another_kind_is_a_named_error() -> None:
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(BadKey, match="not an RSA key"):
        load_private_key(pem.decode())


def test_aliyun_signs_as_the_stock_client_does() -> None:
    query = acs3_query(SMS_PARAMS)
    made = acs3_authorization("POST", "/", query, SMS_HEADERS, b"", "LTAItest", "secret-of-test")
    assert made == SMS_VECTOR
