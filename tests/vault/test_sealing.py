"""Sealed files: whole again with their key, and never something else."""

import io
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.sealing import KeyRing, Unreadable
from vault.sealing import PIECE, TAG, opened, sealed, sealed_size

RING = KeyRing("k1", {"k1": b"k" * 32}, b"i" * 32)
ROTATED = KeyRing("k2", {"k2": b"n" * 32, "k1": b"k" * 32}, b"i" * 32)
SIZES = [1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE]


async def stream(content: bytes, step: int = 10_007) -> AsyncIterator[bytes]:
    for place in range(0, len(content), step):
        yield content[place : place + step]


async def plain(content: bytes, ring: KeyRing = RING) -> bytes:
    return b"".join([piece async for piece in opened(ring, stream(content))])


def seal(content: bytes) -> bytes:
    return b"".join(sealed(RING, io.BytesIO(content)))


@pytest.mark.parametrize("size", SIZES)
async def test_a_file_comes_out_as_it_went_in_and_has_the_size_that_was_told(size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    closed = seal(content[:size])
    assert len(closed) == sealed_size(RING, size)
    assert await plain(closed) == content[:size]


async def test_an_older_key_keeps_opening() -> None:
    assert await plain(seal(b"photo"), ROTATED) == b"photo"


async def test_without_its_key_a_file_stays_shut_and_says_which() -> None:
    with pytest.raises(Unreadable, match="'k1'"):
        await plain(seal(b"photo"), KeyRing("k9", {"k9": b"x" * 32}, b"i" * 32))


@settings(max_examples=60)
@given(place=st.integers(0, 3 * PIECE), bit=st.integers(0, 7))
async def test_a_changed_bit_is_never_read(place: int, bit: int) -> None:
    closed = bytearray(seal(b"x" * (2 * PIECE + 5)))
    closed[place % len(closed)] ^= 1 << bit
    with pytest.raises(Unreadable):
        await plain(bytes(closed))


@pytest.mark.parametrize("kept", [1, 2])
async def test_a_file_that_was_cut_between_its_pieces_does_not_open(kept: int) -> None:
    closed, piece = seal(b"x" * (3 * PIECE)), PIECE + TAG
    head = len(closed) - 3 * piece
    with pytest.raises(Unreadable):
        await plain(closed[: head + kept * piece])


async def test_swapped_pieces_do_not_open() -> None:
    closed, piece = seal(b"a" * PIECE + b"b" * PIECE + b"c"), PIECE + TAG
    head = len(closed) - 2 * piece - 1 - TAG
    first, second = closed[head : head + piece], closed[head + piece : head + 2 * piece]
    with pytest.raises(Unreadable):
        await plain(closed[:head] + second + first + closed[head + 2 * piece :])
