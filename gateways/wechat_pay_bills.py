"""WeChat Pay's fund flow of one day: what moved on an account, as a file that is checked by its hash."""

import hashlib
import re
import zlib
from collections.abc import Mapping, Sequence
from datetime import date

from gateways.failures import Nonsense
from gateways.money import fen_of
from gateways.nodes import Node
from gateways.statements import Statement, StatementLine, UnreadLine, cell

BILLS = "/v3/bill/fundflowbill"
# Transfers leave the one or the other, as the merchant has set it.
ACCOUNTS = ("BASIC", "OPERATION")
NO_BILL = frozenset({"NO_STATEMENT_EXIST"})
NOT_YET = frozenset({"STATEMENT_CREATING"})
LARGEST = 256 * 1024 * 1024

_FIRST, _TOTALS = "记账时间", "资金流水总笔数"
_NUMBER, _ORDER, _BUSINESS = "业务凭证号", "微信支付业务单号", "业务类型"
_DIRECTION, _AMOUNT = "收支类型", "收支金额"
_SIGNS = {"支出": 1, "收入": -1}
_COUNT = re.compile(r"(\d{1,12})(?:\.0+)?")


def bill_path(day: date, account: str) -> str:
    return f"{BILLS}?bill_date={day.isoformat()}&account_type={account}&tar_type=GZIP"


def unpacked(party: str, told: Node, body: bytes) -> bytes:
    """The file behind the address; its hash is of what was packed. The answer that named it was signed, the file is
    not, so the hash is all that vouches for it. Raises Nonsense."""
    raw = _inflated(party, body) if body.startswith(b"\x1f\x8b") else body
    if told.text("hash_type") != "SHA1":
        raise Nonsense(party, "unknown-hash", "its bill comes with another hash than SHA1")
    if hashlib.sha1(raw, usedforsecurity=False).hexdigest() != told.text("hash_value").lower():
        raise Nonsense(party, "bad-hash", "its bill is not the file that it told of; it is fetched again")
    return raw


def _inflated(party: str, body: bytes) -> bytes:
    inflating = zlib.decompressobj(wbits=31)
    try:
        raw = inflating.decompress(body, LARGEST)
    except zlib.error as cause:
        raise Nonsense(party, "not-gzip", "its bill can't be unpacked") from cause
    if inflating.unconsumed_tail:
        raise Nonsense(party, "bill-too-large", f"its bill has more than {LARGEST} bytes")
    return raw


def read_fund_flow(party: str, day: date, files: Sequence[bytes]) -> Statement:
    """All accounts of the day as one statement; rows are counted on from file to file. Raises Nonsense where a file is
    no list of movements."""
    lines: list[StatementLine] = []
    unread: list[UnreadLine] = []
    before = 0
    for body in files:
        rows = body.decode("utf-8-sig", "replace").splitlines()
        if not rows or not rows[0].lstrip("`").startswith(_FIRST):
            raise Nonsense(party, "no-statement", "its bill holds no list of movements")
        good, odd = _read(rows, before)
        lines, unread, before = lines + good, unread + odd, before + len(rows)
    return Statement(day, hashlib.sha256(b"".join(files)).hexdigest(), tuple(lines), tuple(unread))


def _read(rows: list[str], before: int) -> tuple[list[StatementLine], list[UnreadLine]]:
    """After the movements come the headings of the totals and the totals."""
    headings = _cells(rows[0])
    lines: list[StatementLine] = []
    unread: list[UnreadLine] = []
    totals = False
    for number, row in enumerate(rows[1:], before + 2):
        if row.startswith(_TOTALS):
            totals = True
        elif totals:
            unread += _checked(number, row, lines)
            totals = False
        elif row.strip():
            try:
                lines.append(_line(number, dict(zip(headings, _cells(row), strict=True))))
            except ValueError as wrong:
                unread.append(UnreadLine(number, row, _why(str(wrong))))
    return lines, unread


def _cells(row: str) -> list[str]:
    """Each value has a back tick before it, so that a comma within a remark divides nothing."""
    parts = row.removeprefix("`").split(",`") if row.startswith("`") else row.split(",")
    return [part.strip() for part in parts]


def _why(fault: str) -> str:
    return "it has another number of columns than the heading" if fault.startswith("zip()") else fault


def _line(number: int, named: Mapping[str, str]) -> StatementLine:
    """Raises ValueError, saying what is wrong with the line and repeating nothing of it."""
    sign = _SIGNS.get(cell(named, _DIRECTION))
    if sign is None:
        raise ValueError(f"{_DIRECTION} is neither {' nor '.join(_SIGNS)}")
    try:
        fen = fen_of(cell(named, _AMOUNT))
    except ValueError:
        raise ValueError(f"{_AMOUNT} is no amount in yuan") from None
    if fen == 0:
        raise ValueError("nothing moved")
    return StatementLine(number, cell(named, _NUMBER), cell(named, _ORDER), sign * fen, cell(named, _BUSINESS))


def _checked(number: int, row: str, lines: list[StatementLine]) -> list[UnreadLine]:
    """The bill's own count and sum of what left: where they are others than the lines', one is missing or too many."""
    left = [line.fen for line in lines if line.fen > 0]
    cells = _cells(row)
    count = _COUNT.fullmatch(cells[3]) if len(cells) == 5 else None
    try:
        fits = count is not None and (int(count[1]), fen_of(cells[4])) == (len(left), sum(left))
    except ValueError:
        fits = False
    return [] if fits else [UnreadLine(number, row, f"its total is another one than the {len(left)} lines that left")]
