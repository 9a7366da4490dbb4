"""Payloads in the engine's history, encrypted where somebody asks for it."""

import base64

import pytest
from temporalio.api.common.v1 import Payload

from workflows.codec import EncryptingCodec, PayloadKeysUnusable, parse_codec

PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'{"case": "A26-57XTE-9K2M8"}')
OLD, NEW = base64.b64encode(b"o" * 32).decode(), base64.b64encode(b"n" * 32).decode()


def codec(keys: str) -> EncryptingCodec:
    parsed = parse_codec(keys)
    assert parsed is not None
    return parsed


async def test_a_payload_is_hidden_and_comes_back() -> None:
    hidden = await codec(f"k1:{OLD}").encode([PLAIN])
    assert b"A26" not in hidden[0].SerializeToString()
    assert await codec(f"k1:{OLD}").decode(hidden) == [PLAIN]


async def test_an_old_key_goes_on_reading_after_a_rotation() -> None:
    hidden = await codec(f"k1:{OLD}").encode([PLAIN])
    assert await codec(f"k2:{NEW},k1:{OLD}").decode(hidden) == [PLAIN]


async def test_a_history_from_before_encryption_stays_readable() -> None:
    assert await codec(f"k1:{OLD}").decode([PLAIN]) == [PLAIN]


async def test_a_missing_key_is_named() -> None:
    hidden = await codec(f"k1:{OLD}").encode([PLAIN])
    with pytest.raises(PayloadKeysUnusable, match="k1"):
        await codec(f"k2:{NEW}").decode(hidden)


async def test_a_payload_that_was_tampered_with_does_not_open() -> None:
    hidden = (await codec(f"k1:{OLD}").encode([PLAIN]))[0]
    hidden.data = hidden.data[:-1] + bytes([hidden.data[-1] ^ 1])
    with pytest.raises(PayloadKeysUnusable, match="changed"):
        await codec(f"k1:{OLD}").decode([hidden])


@pytest.mark.parametrize("keys", ["nonsense", "k1:", "k1:c2hvcnQ=", f":{OLD}"])
def test_an_unusable_setting_is_refused_with_the_way_to_make_a_key(keys: str) -> None:
    with pytest.raises(PayloadKeysUnusable, match="openssl rand"):
        parse_codec(keys)


def test_no_keys_mean_no_codec() -> None:
    assert parse_codec(" ") is None
