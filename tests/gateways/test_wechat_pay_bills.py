"""WeChat Pay's fund flow: checked by its hash, every line read or kept."""

import gzip
import hashlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateways.failures import Nonsense
from gateways.nodes import Node
from gateways.statements import Statement, StatementLine
from gateways.wechat_pay_bills import read_fund_flow, unpacked

DAY = date(2026, 11, 20)
HEAD = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额（元）,账户结余（元）,资金变更提交申请人,"
    "备注,业务凭证号"
)
PAID = "`2026-11-20 04:21:23,`1330001,`1900001,`商家转账,`转账,`支出,`5.00,`95.00,`x,`售后补偿,`A1B2000001000000000042"
SOLD = "`2026-11-20 04:22:00,`4200001,`1900002,`交易,`交易,`收入,`89.00,`184.00,`system,`杯子,`T2026"
SUMS = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"


def read(*rows: str) -> Statement:
    return read_fund_flow("WeChat Pay", DAY, ["\r\n".join([HEAD, *rows]).encode("utf-8-sig")])


def test_what_left_and_what_came_in_is_told_apart() -> None:
    paid, sold = read(PAID, SOLD).lines
    assert paid == StatementLine(2, "A1B2000001000000000042", "1330001", 500, "转账")
    assert (sold.fen, sold.business) == (-8_900, "交易")


def test_a_comma_in_a_remark_divides_nothing() -> None:
    assert read(PAID.replace("售后补偿", "售后,补偿")).lines == read(PAID).lines


def test_the_bills_own_total_is_checked() -> None:
    assert read(PAID, SOLD, SUMS, "`2.0,`1.0,`89.00,`1.0,`5.00").unread == ()
    (odd,) = read(PAID, SUMS, "`2.0,`0.0,`0.00,`2.0,`10.00").unread
    assert (odd.row, "total" in odd.why) == (4, True)


@pytest.mark.covers(200)
@pytest.mark.parametrize(
    "row",
    [
        "something else",
        PAID.replace("5.00", "five"),
        PAID.replace("`5.00", "`0.00"),
        PAID.replace("`5.00", "`-5.00"),
        PAID.replace("`5.00", "`NaN"),
        PAID.replace("支出", "转移"),
        PAID + ",`one more",
    ],
)
def test_a_line_that_makes_no_sense_is_kept_with_its_number_and_the_reason(row: str) -> None:
    statement = read(PAID, row, SOLD)
    assert len(statement.lines) == 2
    (odd,) = statement.unread
    assert (odd.row, odd.raw, bool(odd.why)) == (3, row, True)


def test_the_rows_of_two_accounts_are_counted_on() -> None:
    files = [f"{HEAD}\r\n{row}".encode() for row in (PAID, "odd")]
    statement = read_fund_flow("WeChat Pay", DAY, files)
    assert ([line.row for line in statement.lines], [line.row for line in statement.unread]) == ([2], [4])


@given(rows=st.lists(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\n"), min_size=1)))
def test_no_line_is_ever_lost(rows: list[str]) -> None:
    kept = [row for row in "\r\n".join(rows).splitlines() if row.strip()]
    statement = read(*rows)
    assert (
        len(statement.lines) + len(statement.unread) >= len([row for row in kept if not row.startswith(SUMS[:7])]) - 1
    )


def told(raw: bytes, **changes: str) -> Node:
    digest = hashlib.sha1(raw, usedforsecurity=False).hexdigest()
    return Node("WeChat Pay", "answer", {"hash_type": "SHA1", "hash_value": digest} | changes)


def test_the_hash_is_of_the_file_before_it_was_packed() -> None:
    raw = HEAD.encode()
    assert unpacked("WeChat Pay", told(raw), gzip.compress(raw)) == raw
    assert unpacked("WeChat Pay", told(raw), raw) == raw


@pytest.mark.parametrize(
    ("body", "changes"),
    [
        (gzip.compress(b"another file"), {}),
        (gzip.compress(HEAD.encode())[:-40], {}),
        (b"\x1f\x8bnothing", {}),
        (b"", {}),
        (HEAD.encode(), {"hash_type": "MD5"}),
        (HEAD.encode(), {"hash_value": ""}),
    ],
    ids=["another", "cut off", "no archive", "empty", "another kind of hash", "no hash"],
)
def test_another_file_than_the_one_that_was_told_of_is_not_read(body: bytes, changes: dict[str, str]) -> None:
    with pytest.raises(Nonsense):
        unpacked("WeChat Pay", told(HEAD.encode(), **changes), body)


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xef\xbb\xbf"], ids=["empty", "a page", "a mark of order alone"])
def test_what_is_no_bill_is_named(body: bytes) -> None:
    with pytest.raises(Nonsense):
        read_fund_flow("WeChat Pay", DAY, [body])
