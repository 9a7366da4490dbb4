"""Outside parties that answer what a test lays down, and a key pair that guards nothing."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import httpx2
import pytest
from pydantic import SecretStr

from gateways.alipay import AlipayClient, AlipayCredentials
from gateways.aliyun_sms import AliyunSms, SmsCredentials
from gateways.signing import load_private_key, rsa2_sign
from gateways.top import TopClient, TopCredentials

# Made for these tests alone.
PRIVATE_KEY = """-----BEGIN RSA PRIVATE KEY-----
MIIEowIBAAKCAQEAuMWEWs8nvoV/LxZNVWRB8Cf5/FkpWHRnE/enYJNG4PiCEeiK
5yQ3m7eSA159B9f5ZhNxSRlKl67FoyZV3atilb5dHyWUKVZW5OJ7vRLXJEJjHWwG
u7ykuDpKgDteh0akE/gFGwunw58DG+SKr1jvpyOgh1J1tts2ticCi/BeVN83VUae
VD0re4lqaZYaxjs9aRACjXXzP32RAovZHSGZ9WYcFpE1Bkq6hDmx+s22hB92IcmP
lMSDXxYpZXoGF2VteQaVAAUomLDtOhuj3ttEeQQaMbhIMB/MV/o5nJpth0dOIDZB
hufDmBuOo8fFPK+wBnPeHXLpgWemd1KCEoKHQQIDAQABAoIBAAVDJtZZQQYFkk46
geBVNyWKVe3QckOBKTBh5MP03ddpbHbrGw2jM+w86a0r4z62cXVtR1QwIrY4NYvE
ezyRdYDTR56r+NDGkzn4k1Kat0LimyUK3xQ4tq5Chr2pMzOCGQkyjp6rEc+Z90Iz
m5mL3GNzuc4w1IZtLt04NjPbGCytlGUMOWrVWtHC5kSWgMJx93LdgWsfs/NySZEI
SQPEeFKkDcL+EVEKFMRelhnbfRAYkKR+ACSolI5uXdoN4W/6LEirbleOoqAcBAiN
wGPLGJustqU0ZZnnUg+Ej8gEm/XtGWUI8AJliq4gDme3i0/QJY/hEX+MjLWyVqOH
p4Y9cbkCgYEA4vKJcq83L7Qzr23naHmTZMrW69qTYdkIfOUeJ5TTSPopYGq3BxFD
vyy09xsmpyZeEFjQnWm+TmPhlBdKFBSB+sQPJYMvBRYW0GYGTQw0DS5Iymzjls72
+BOu+P56LpvwLfKylV93gshUtddQsvlmecPrrz7+xzQRmwghMiGEgZUCgYEA0GzN
s9Tr+L7NHrJV+mGtjXrpbmRHTFJ39QFmjhIUj8iBvEg7hGszTzgPvZ/c+REjBPIZ
buOJKR2kU2nKy2vvI5cJidKy3WPtsGXXFBc7kBANxDmLReCWWjiM6J8rbUXawCac
bEM0lIWcquIBY2jfRtojmLyR3HTUhjTK/LPk2/0CgYAXuy7ePC40Ic7JyF9LUHM2
NfO1Y/zHXY+Cp964WtqhJe+PsnkDFy4TXpRpxoALOHrbkL33x+frgIxFFQ5c/Sv+
UeQXkxkmmgG2twRvqBgFTNK1wB8oVOoEVOKWDN4v44SA+YDtF7eCiHo7LZG1tVie
4PrTL24q3Gn+4SG/gTu+5QKBgQCgWvWwZCLhEDtUYLTRnJEghu5N5o0MZW6xa9Bx
geub7BIUwCY6bRfe3S0PIY2resnMpk93B0yh+5JQMta5x2MHqM7H4PmIZ7eZveDK
Lk2/Ovq8e+Fxc6d55oRS/RM2UUZKC+rRSKuNkXbF6nhS+X6/TlmQy5QVXzWbw8Zg
wi9UKQKBgGRJzlaaYN1XJsqIHzHg8Q4XhNNAuqGmYy/dDKy60Zw/BYWKVVgzXnEK
cXbubBtzfaknAdqTM/Y1JoHoUpLtNIXWVgKePLShw3RIOIQzRhBsOAGGfdpBeu67
1wCqKxfV+VpEFLBJsWkPdZ1mNiN+7miBlU0Yefn/xZNfNkOyMP0d
-----END RSA PRIVATE KEY-----"""
PUBLIC_KEY = """-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAuMWEWs8nvoV/LxZNVWRB
8Cf5/FkpWHRnE/enYJNG4PiCEeiK5yQ3m7eSA159B9f5ZhNxSRlKl67FoyZV3ati
lb5dHyWUKVZW5OJ7vRLXJEJjHWwGu7ykuDpKgDteh0akE/gFGwunw58DG+SKr1jv
pyOgh1J1tts2ticCi/BeVN83VUaeVD0re4lqaZYaxjs9aRACjXXzP32RAovZHSGZ
9WYcFpE1Bkq6hDmx+s22hB92IcmPlMSDXxYpZXoGF2VteQaVAAUomLDtOhuj3ttE
eQQaMbhIMB/MV/o5nJpth0dOIDZBhufDmBuOo8fFPK+wBnPeHXLpgWemd1KCEoKH
QQIDAQAB
-----END PUBLIC KEY-----"""

NOW = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)

type Answering = Callable[..., httpx2.AsyncClient]


@pytest.fixture(scope="session")
def private_key() -> str:
    return PRIVATE_KEY


@pytest.fixture(scope="session")
def public_key() -> str:
    return PUBLIC_KEY


@pytest.fixture(scope="session")
def now() -> datetime:
    """20:30 on 21 November 2026 in China."""
    return NOW


@pytest.fixture
def asked() -> list[httpx2.Request]:
    """Every request that the test's party received."""
    return []


@pytest.fixture
def answering(asked: list[httpx2.Request]) -> Answering:
    """A client whose party gives these bodies one after the other, the last one again and again."""

    def build(*bodies: object, status: int = 200) -> httpx2.AsyncClient:
        waiting = list(bodies)

        def answer(request: httpx2.Request) -> httpx2.Response:
            asked.append(request)
            body = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            return httpx2.Response(status, content=raw)

        return httpx2.AsyncClient(transport=httpx2.MockTransport(answer))

    return build


@pytest.fixture(scope="session")
def top_of() -> Callable[[httpx2.AsyncClient], TopClient]:
    credentials = TopCredentials("12345678", SecretStr("helloworld"), SecretStr("a-session"))
    return lambda http: TopClient(http, "http://top.test/router/rest", credentials, clock=lambda: NOW)


@pytest.fixture(scope="session")
def sms_of() -> Callable[[httpx2.AsyncClient], AliyunSms]:
    credentials = SmsCredentials("LTAItest", SecretStr("a-secret"))
    return lambda http: AliyunSms(http, "http://sms.test:8080", credentials, clock=lambda: NOW)


@pytest.fixture(scope="session")
def alipay_of() -> Callable[[httpx2.AsyncClient], AlipayClient]:
    credentials = AlipayCredentials("2021000000000001", SecretStr(PRIVATE_KEY), PUBLIC_KEY)
    return lambda http: AlipayClient(http, "http://alipay.test/gateway.do", credentials, clock=lambda: NOW)


@pytest.fixture(scope="session")
def signed() -> Callable[[str, str], bytes]:
    """What Alipay sends: a node and the signature over its raw text."""
    key = load_private_key(PRIVATE_KEY)

    def wrap(name: str, raw: str) -> bytes:
        return f'{{"{name}":{raw},"sign":"{rsa2_sign(raw, key)}"}}'.encode()

    return wrap
