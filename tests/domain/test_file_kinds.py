"""Files are told by their content."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.file_kinds import UNKNOWN, FileMislabelled, check_name, kind_of

EXAMPLES = {
    b"\xff\xd8\xff\xe0\x00\x10JFIF": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"RIFF\x24\x00\x00\x00WAVEfmt ": "audio/wav",
    b"\x00\x00\x00\x18ftypisom": "video/mp4",
    b"\x00\x00\x00\x18ftypheic": "image/heic",
    b"#!AMR\n": "audio/amr",
    b"%PDF-1.7": "application/pdf",
    b"PK\x03\x04": "application/zip",
    b"MZ\x90\x00": "application/x-msdownload",
    "掌柜的，不退钱就给差评".encode(): "text/plain",
    "掌柜的，不退钱就给差评".encode("gb18030"): "text/plain",
    b"<html><script>alert(1)</script>": "text/plain",
    b"\x00\x01\x02\x03": UNKNOWN,
    b"": UNKNOWN,
}


def test_a_kind_is_told_by_the_first_bytes() -> None:
    assert {head: kind_of(head) for head in EXAMPLES} == EXAMPLES


@pytest.mark.parametrize("name", ["photo.jpg", "photo.JPEG", "photo", "陈晓 的照片.jpg", "archive.tar.2026"])
def test_a_name_that_promises_nothing_else_is_fine(name: str) -> None:
    check_name(name, "image/jpeg")


@pytest.mark.parametrize(("name", "media_type"), [("photo.jpg", "application/x-msdownload"), ("a.pdf", "text/plain")])
def test_a_mislabelled_file_is_refused_by_name(name: str, media_type: str) -> None:
    with pytest.raises(FileMislabelled, match="send it under its true ending"):
        check_name(name, media_type)


@given(st.binary(max_size=64))
def test_any_bytes_are_of_some_kind(head: bytes) -> None:
    assert "/" in kind_of(head)
