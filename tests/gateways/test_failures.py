"""What a failure tells, and what it keeps to itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateways.failures import GatewayFailure, Rejected, readable_code, redact


def test_the_partys_own_words_stay_out_of_the_message() -> None:
    failure = Rejected("TOP", "50", "read its text", party_text=redact("买家张三 13800138000 不存在"), request_id="r1")
    assert str(failure) == "TOP answered 50: read its text (request r1)"


@pytest.mark.parametrize("text", ["手机13800138000无效", "account chen@example.com is frozen", "order 4321000000001"])
def test_phones_accounts_and_numbers_are_taken_out_of_the_partys_words(text: str) -> None:
    assert not {"13800138000", "chen@example.com", "4321000000001"} & set(redact(text).replace("无", " ").split())
    assert "8001" not in redact(text)


@pytest.mark.parametrize("code", ["13800138000", "<html>", "张三", "a b", "x" * 200, 12345678901, True, None.__class__])
def test_a_code_that_is_none_is_called_unreadable(code: object) -> None:
    assert readable_code(code) == "unreadable"


@pytest.mark.parametrize("code", ["isv.trade-not-exist", "ACQ.SYSTEM_ERROR", "isv.missing-parameter:tid"])
def test_a_real_code_passes(code: str) -> None:
    assert readable_code(code) == code


@given(st.text())
def test_whatever_a_party_writes_is_safe_to_store(text: str) -> None:
    assert len(redact(text).encode()) <= 800
    assert str(GatewayFailure("TOP", readable_code(text), "advice")).isascii()
