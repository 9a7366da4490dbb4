"""A wallet's statement of one day: every line is read or kept as one that could not be, so that nothing is lost."""

import csv
import hashlib
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from gateways.failures import Nonsense
from gateways.money import fen_of


@dataclass(frozen=True, slots=True)
class StatementLine:
    """Money that moved. `fen` left the wallet, or came in where it is negative; `number` is the merchant's own."""

    row: int
    number: str
    order: str
    fen: int
    business: str


@dataclass(frozen=True, slots=True)
class UnreadLine:
    """A line that makes no sense to us, in its own words, and why."""

    row: int
    raw: str = field(repr=False)
    why: str


@dataclass(frozen=True, slots=True)
class Statement:
    """`digest` is the SHA-256 of the file as it came."""

    day: date
    digest: str
    lines: tuple[StatementLine, ...] = ()
    unread: tuple[UnreadLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Columns:
    """Under which headings a wallet writes what; a heading counts from its first characters on."""

    number: str
    order: str
    came_in: str
    left: str
    business: str


ALIPAY = Columns("商户订单号", "业务流水号", "收入金额", "支出金额", "业务类型")
_TOTAL = re.compile(r"#支出合计[::]\s*(\d+)笔[,,]\s*共([0-9.]+)元")


def read_statement(party: str, day: date, body: bytes) -> Statement:
    """From the archive as it was downloaded. Raises Nonsense where there is no list of movements in it."""
    digest = hashlib.sha256(body).hexdigest()
    for text in _texts(party, body):
        rows = text.splitlines()
        at = next((number for number, row in enumerate(rows) if row.startswith("账务流水号")), None)
        if at is not None:
            lines, unread = _read(rows, at)
            return Statement(day, digest, tuple(lines), tuple(unread))
    raise Nonsense(party, "no-statement", "its archive holds no list of movements")


def _texts(party: str, body: bytes) -> Iterator[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            for name in archive.namelist():
                yield archive.read(name).decode("gb18030", "replace")
    except zipfile.BadZipFile as cause:
        raise Nonsense(party, "not-an-archive", "its statement is no zip archive") from cause


def _read(rows: list[str], header: int) -> tuple[list[StatementLine], list[UnreadLine]]:
    headings = [heading.strip() for heading in next(csv.reader([rows[header]]))]
    lines: list[StatementLine] = []
    unread: list[UnreadLine] = []
    for number, row in enumerate(rows[header + 1 :], header + 2):
        total = _TOTAL.match(row)
        if total is not None:
            unread += _checked(number, row, total, lines)
        elif row.strip() and not row.startswith("#"):
            try:
                lines.append(_line(number, headings, row))
            except (ValueError, csv.Error) as wrong:
                unread.append(UnreadLine(number, row, str(wrong)))
    return lines, unread


def _line(number: int, headings: list[str], row: str) -> StatementLine:
    """Raises ValueError, saying what is wrong with the line and repeating nothing of it."""
    cells = [cell.strip() for cell in next(csv.reader([row]))]
    if len(cells) != len(headings):
        raise ValueError(f"it has {len(cells)} columns, and the heading {len(headings)}")
    named = dict(zip(headings, cells, strict=True))
    left, came_in = _amount(named, ALIPAY.left), _amount(named, ALIPAY.came_in)
    if (left == 0) == (came_in == 0):
        raise ValueError("it names neither or both of what came in and what left")
    return StatementLine(
        number, cell(named, ALIPAY.number), cell(named, ALIPAY.order), left - came_in, cell(named, ALIPAY.business)
    )


def cell(named: Mapping[str, str], heading: str) -> str:
    """What stands under the heading that begins so. Raises ValueError."""
    found = next((value for name, value in named.items() if name.startswith(heading)), None)
    if found is None:
        raise ValueError(f"the statement has no column {heading}")
    return found


def _amount(named: Mapping[str, str], heading: str) -> int:
    text = cell(named, heading).lstrip("-+") or "0"
    try:
        return fen_of(text)
    except ValueError:
        raise ValueError(f"{heading} is no amount in yuan") from None


def _checked(number: int, row: str, total: re.Match[str], lines: list[StatementLine]) -> list[UnreadLine]:
    """The statement's own sum of what left; where it is another one than the lines', a line is missing or too many."""
    left = [line.fen for line in lines if line.fen > 0]
    try:
        fits = (int(total[1]), fen_of(total[2])) == (len(left), sum(left))
    except ValueError:
        fits = False
    return [] if fits else [UnreadLine(number, row, f"its total is another one than the {len(left)} lines that left")]
