"""Signatures at couriers, against values reckoned with openssl."""

import pytest

from gateways.courier_signing import envelope_digest, poll_signature, push_holds

PARAM = '{"com":"yuantong","num":"YT1234567890123","phone":"","resultv2":"4","show":"0","order":"desc"}'
# printf '%s' "${PARAM}pollkey123customer456" | openssl md5
QUERY = "A34088EED3FC30D168E42D368E97B39E"
# printf '%s' '{"status":"polling"}saltsalt' | openssl md5
PUSH = "94AAF0AFFF9510750016993DCDA37DDD"
# printf '%s' '%7B%22outClaimId…%7D1764000000000word' | openssl md5 -binary | base64
ENVELOPE = "yWf+mH3mwJCgMMRcSwsPdA=="


def test_a_query_is_signed_over_param_key_and_customer() -> None:
    assert poll_signature(PARAM, "pollkey123", "customer456") == QUERY


def test_a_push_holds_under_its_own_salt_only() -> None:
    assert push_holds('{"status":"polling"}', "saltsalt", PUSH)
    assert push_holds('{"status":"polling"}', "saltsalt", PUSH.lower())
    assert not push_holds('{"status":"polling"}', "saltsaltt", PUSH)
    assert not push_holds('{"status":"pollinG"}', "saltsalt", PUSH)


def test_without_a_salt_no_push_is_believed() -> None:
    assert not push_holds("{}", "", poll_signature("{}"))


def test_an_envelope_is_encoded_as_java_does_before_it_is_digested() -> None:
    assert envelope_digest('{"outClaimId":"A*1","remark":"外箱 ~"}', "1764000000000", "word") == ENVELOPE


@pytest.mark.parametrize("changed", [("{}", "1", "word"), ("{ }", "2", "word"), ("{}", "2", "sword")])
def test_data_time_and_word_are_all_in_the_digest(changed: tuple[str, str, str]) -> None:
    assert envelope_digest(*changed) != envelope_digest("{}", "2", "word")
