"""WeChat Pay's signatures against vectors that an independent client made from fixed inputs."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from gateways.failures import Nonsense
from gateways.signing import load_private_key, load_public_key, rsa2_sign
from gateways.wechat_pay_signing import authorization, check_answer, encrypted, signing_text

SERIAL = "408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB"
NONCE = "593BEC0C930BF1AFEB40B4A08C8FB242"
NOW = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)
SENT = (
    '{"appid":"wxf636efh567hg4356","openid":"o-MYE42l80oelYMDE34nYD456Xoy","out_bill_no":"A1B2000001000000000042",'
    '"transfer_amount":500,"transfer_remark":"售后补偿"}'
)
# wechatpayv3 2.0.4: utils.build_authorization with its clock set, with the key of conftest.
SEND_VECTOR = (
    "UTW+lR210S4l73Wq81/BKGd/QNSvSXe7oYKLbADUHwEHv9Cw3PWsCkRhSvjyZ6Oaa9Jw+TttnQtplIOEpaABHYdYxBz+wCMSEZN8"
    "oN1Vs79tiKtTn04Yjx5LdOfoSPrbGEBhDc938Mj0DlNs6kV2tF6gEM5r7M/sq64kQvdKc5JEoqEpp3qy9jUlCuQY36s1pLhsXEFN"
    "sahMjO7vR0b9XpzPw6jGG/xgUTeYTHmp9/h9U6Xh3PqROOWQS9JXtVFi4MEQ3JUXILyMMv5uKwciqn4xF0ERmNA3XhVqnWkLJnC1"
    "BAzvDij1lJMLPilaasIM/71FQH3HTtByCt5SHHeMhA=="
)
BILL_VECTOR = (
    "opL3cmtE0zy9UIPkj9sMoGUVQEvgfhcX+gj4+LLMvhNhBl+72HQf91lcZhfbMno4UUTO1kiKFOc77F25vTthT3rraFdmH8+n74he"
    "+WZg1FvM0UBkpdAwMpVUeRxowLWYpNzu/C22PlmWNYAkRzLmutBePR38xB3CwtbKkY+6k4JWwzF9ah2mhkYY5gvW2tlE/w816qb3"
    "A+6W1BdTk+N26TzalIJmEUWhMtuQ2eAs4YBoy9XCFHhN+whHthO9gM6oOhhkO1hE7JylQh8EcfY4yDWgTInkrA1o2y0VfOzt6mMk"
    "mlliST8eej4WMBjyNtZSmdOHlhXGEXxfzCBkrOdofg=="
)
BILL = "/v3/bill/fundflowbill?bill_date=2026-11-20&account_type=BASIC&tar_type=GZIP"
# wechatpayv3 2.0.4: utils.rsa_encrypt of 陈晓 with the public key of conftest.
NAME_VECTOR = (
    "UDJkH++jh8yoaqwvJ8AvLc9xIsKNhMC6Z2J1YZ/xFiJwHjdiSfEn49NIiNnBJAfGTJ9wH9sspihrUFNxRf7qZ83uEHPE8GAnE7cx"
    "rdg/3V8wQZ++X9swx20DlWe2vPlvoyOU5qpJChYETme4vKhOJlOSEe3xskSOmiX0IlH4OH+4b9W/jZH24LL7GsszEsANJRBhFn5X"
    "lBuOfAdWQiIwc5IFYrxtF62/MfWFpCSDjLsXYe5lUS0eAAPk6Ov+FI7IAUScBseqaf3XpLySkYNh9TeSr8csh+2n22ofURcmMZW9"
    "Stx6pHKMlzd8Klk7VJMAOx4MWys02EHIMYsdh0u2kg=="
)
ANSWER = b'{"out_bill_no":"A1B2000001000000000042","state":"SUCCESS"}'


@pytest.mark.parametrize(
    ("method", "path", "body", "vector"),
    [("POST", "/v3/fund-app/mch-transfer/transfer-bills", SENT, SEND_VECTOR), ("GET", BILL, "", BILL_VECTOR)],
)
def test_a_request_is_signed_as_an_independent_client_signs_it(
    method: str, path: str, body: str, vector: str, private_key: str
) -> None:
    key = load_private_key(private_key)
    made = authorization(method, path, body, merchant="1900001109", serial=SERIAL, key=key, now=NOW, nonce=NONCE)
    assert made == (
        f'WECHATPAY2-SHA256-RSA2048 mchid="1900001109",nonce_str="{NONCE}",signature="{vector}",'
        f'timestamp="1795264200",serial_no="{SERIAL}"'
    )


def test_a_name_is_encrypted_so_that_whoever_opens_the_independent_clients_opens_ours(
    private_key: str, public_key: str
) -> None:
    oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None)  # noqa: S303 prescribed
    key, ours = load_private_key(private_key), encrypted("陈晓", load_public_key(public_key))
    opened = {key.decrypt(base64.b64decode(sealed), oaep).decode() for sealed in (ours, NAME_VECTOR)}
    assert opened == {"陈晓"}


def answer_headers(private_key: str, **changes: str) -> dict[str, str]:
    signature = rsa2_sign(signing_text("1795264200", NONCE, ANSWER.decode()), load_private_key(private_key))
    named = {"timestamp": "1795264200", "nonce": NONCE, "serial": "PUB_KEY_ID_1", "signature": signature} | changes
    return {f"wechatpay-{name}": value for name, value in named.items()}


def test_a_signed_answer_is_believed(private_key: str, public_key: str) -> None:
    keys = {"PUB_KEY_ID_1": load_public_key(public_key)}
    check_answer("WeChat Pay", answer_headers(private_key), ANSWER, keys, NOW + timedelta(seconds=299))


@pytest.mark.parametrize(
    ("changes", "body", "later", "code"),
    [
        ({}, ANSWER.replace(b"SUCCESS", b"FAIL"), 0, "bad-signature"),
        ({"nonce": "0"}, ANSWER, 0, "bad-signature"),
        ({"signature": "no base64"}, ANSWER, 0, "bad-signature"),
        ({"serial": "PUB_KEY_ID_2"}, ANSWER, 0, "unknown-serial"),
        ({}, ANSWER, 301, "stale-answer"),
        ({"timestamp": "soon"}, ANSWER, 0, "stale-answer"),
        pytest.param({}, b"\xff", 0, "not-json", id="no text"),
    ],
)
def test_any_other_answer_is_not(
    changes: dict[str, str], body: bytes, later: int, code: str, private_key: str, public_key: str
) -> None:
    keys = {"PUB_KEY_ID_1": load_public_key(public_key)}
    with pytest.raises(Nonsense) as raised:
        check_answer("WeChat Pay", answer_headers(private_key, **changes), body, keys, NOW + timedelta(seconds=later))
    assert raised.value.code == code
