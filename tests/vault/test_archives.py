"""Packed files: what is honest passes, bombs and locked boxes are refused by name."""

import gzip
import io
import struct
import zipfile

import pytest

from domain.errors import Refusal
from domain.file_kinds import kind_of
from vault.archives import ArchiveUnreadable, ArchiveUnsafe, check_archive

MEGABYTE = 1024 * 1024


def packed(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def nested(depth: int) -> bytes:
    content = b"photo"
    for _ in range(depth):
        content = packed({"inner": content})
    return content


def lying(content: bytes) -> bytes:
    """A zip whose directory says that each of its files has 10 bytes."""
    place = content.rindex(b"PK\x01\x02")
    return content[: place + 24] + struct.pack("<I", 10) + content[place + 28 :]


def refusal(content: bytes) -> type[Refusal] | None:
    try:
        check_archive(io.BytesIO(content), kind_of(content[:4096]), len(content))
    except Refusal as refused:
        return type(refused)
    return None


def test_honest_archives_pass() -> None:
    sheet = packed({"[Content_Types].xml": b"<x/>", "xl/sheet1.xml": b"<row/>" * 100_000})
    assert refusal(packed({"chat.txt": b"hello", "sheet.xlsx": sheet})) is None
    assert refusal(gzip.compress(b"a line of a log\n" * 1000)) is None


@pytest.mark.parametrize(
    "content",
    [packed({"bomb": bytes(40 * MEGABYTE)}), gzip.compress(bytes(40 * MEGABYTE)), nested(4),
     packed({"inner.zip": packed({"bomb": bytes(40 * MEGABYTE)})})],
    ids=["a zip", "a gzip", "nested too deep", "a bomb inside"],
)  # fmt: skip
def test_a_bomb_is_refused_by_name(content: bytes) -> None:
    assert refusal(content) is ArchiveUnsafe


def test_a_bomb_that_lies_about_its_size_is_refused() -> None:
    assert refusal(lying(packed({"bomb": bytes(40 * MEGABYTE)}))) in {ArchiveUnsafe, ArchiveUnreadable}


@pytest.mark.parametrize(
    "content",
    [b"7z\xbc\xaf\x27\x1c" + bytes(99), b"Rar!\x1a\x07\x00" + bytes(99), packed({"a": b"b" * 999})[:-30]],
    ids=["7z", "rar", "cut short"],
)
def test_what_can_not_be_looked_into_is_refused_by_name(content: bytes) -> None:
    assert refusal(content) is ArchiveUnreadable


def test_a_locked_archive_is_refused_by_name() -> None:
    content = bytearray(packed({"a": b"b"}))
    content[6] |= 1
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    assert refusal(bytes(content)) is ArchiveUnreadable
