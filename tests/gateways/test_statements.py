"""A wallet's statement: every line is read, or kept as one that could not be."""

import io
import zipfile
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateways.failures import Nonsense
from gateways.statements import Statement, StatementLine, read_statement

DAY = date(2026, 11, 20)
HEAD = (
    "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额(+元),支出金额(-元),账户余额(元),"
    "交易渠道,业务类型,备注"
)
PAID = (
    "1\t,2026\t,A1B2000001000000000042\t,售后补偿\t,2026-11-20 12:00:00,陈晓 (chen@example.com)\t,"
    "0.00,-5.00,95.00,支付宝,转账,"
)
SOLD = "2\t,2027\t,T200P5120803044263167809\t,订单货款\t,2026-11-20 12:01:00,x\t,89.00,0.00,184.00,淘宝,交易付款,"


def packed(*rows: str, summary: bool = True) -> bytes:
    """As the wallet packs it: GBK, the summary first."""
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as archive:
        if summary:
            archive.writestr("汇总.csv", "#支付宝账务汇总查询\r\n业务类型,收入合计\r\n".encode("gb18030"))
        archive.writestr("明细.csv", "\r\n".join(["#支付宝账务明细查询", HEAD, *rows]).encode("gb18030"))
    return into.getvalue()


def read(*rows: str) -> Statement:
    return read_statement("Alipay", DAY, packed(*rows))


def test_what_left_and_what_came_in_is_told_apart() -> None:
    paid, sold = read(PAID, SOLD).lines
    assert paid == StatementLine(3, "A1B2000001000000000042", "2026", 500, "转账")
    assert (sold.fen, sold.business) == (-8900, "交易付款")


def test_the_statements_own_total_is_checked() -> None:
    assert read(PAID, "#支出合计:1笔,共5.00元").unread == ()
    (odd,) = read(PAID, "#支出合计:2笔,共10.00元").unread
    assert (odd.row, "total" in odd.why) == (4, True)


@pytest.mark.parametrize(
    "row", ["a,b,c", PAID.replace("-5.00", "five"), PAID.replace("-5.00", "0.00"), PAID + ",one more"]
)
def test_a_line_that_makes_no_sense_is_kept_with_its_number_and_the_reason(row: str) -> None:
    statement = read(PAID, row)
    assert len(statement.lines) == 1
    (odd,) = statement.unread
    assert (odd.row, odd.raw, bool(odd.why)) == (4, row, True)
    assert "chen@example.com" not in repr(odd)


@given(rows=st.lists(st.text(alphabet=st.characters(codec="gb18030", exclude_characters="\r\n"), min_size=1)))
def test_no_line_is_ever_lost(rows: list[str]) -> None:
    kept = [row for row in "\r\n".join(rows).splitlines() if row.strip() and not row.startswith("#")]
    statement = read(*rows)
    assert len(statement.lines) + len(statement.unread) >= len(kept)


@pytest.mark.parametrize("body", [b"", b"<html>", packed(summary=True)[:-20]], ids=["empty", "a page", "cut off"])
def test_what_is_no_statement_is_named(body: bytes) -> None:
    with pytest.raises(Nonsense):
        read_statement("Alipay", DAY, body)
