"""Case numbers that people read out: A26-57XTE-9K2M8, the last character checks the others.

The check is a weighted sum over GF(32). Every position has a weight of its own and none is zero, so one wrong character
and any two swapped ones always change the sum.
"""

import unicodedata
from itertools import islice

from domain.errors import Refusal

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U
_READ_AS = str.maketrans("OIL", "011")
_RANDOM_LENGTH = 9
_REDUCE = 0b100101  # x^5 + x^2 + 1, primitive over GF(2)


class BadCaseNumber(Refusal):
    """A text that is not one of our case numbers; the message says what is wrong with it."""

    code = "BadCaseNumber"


def mint(year: int, random: int | bytes) -> str:
    """A new number of the year; `random` gives at least 45 bits (six bytes), which the caller draws."""
    if not 2000 <= year <= 2099:
        raise ValueError(f"case numbers have two digits for the years 2000 to 2099, not {year}")
    if isinstance(random, bytes) and len(random) < 6:
        raise ValueError("a case number takes six random bytes")
    number = random if isinstance(random, int) else int.from_bytes(random)
    body = "".join(ALPHABET[number >> 5 * place & 31] for place in range(_RANDOM_LENGTH))
    return _written(f"{year % 100:02d}{body}")


def parse(text: str) -> str:
    """The number in its one written form. Reads any case, spaces or hyphens, O as 0, I and L as 1.

    Raises BadCaseNumber.
    """
    wide = unicodedata.normalize("NFKC", text).upper()
    plain = "".join(letter for letter in wide if letter not in " -_.–—").translate(_READ_AS)
    if not plain.startswith("A"):
        raise BadCaseNumber(f"{text!r} does not begin with A; a case number looks like A26-57XTE-9K2M8.", given=text)
    signs = plain[1:]
    wrong = sorted({letter for letter in signs if letter not in ALPHABET})
    if wrong:
        raise BadCaseNumber(f"{', '.join(wrong)} never stands in a case number; read it again.", given=text)
    if len(signs) != _RANDOM_LENGTH + 3:
        raise BadCaseNumber(f"{text!r} has {len(signs) + 1} letters and digits; a case number has 13.", given=text)
    if not signs[:2].isdigit():
        raise BadCaseNumber(f"{signs[:2]} is not a year; after A come two digits.", given=text)
    if _check_sign(signs[:-1]) != signs[-1]:
        raise BadCaseNumber(f"{text!r} has a wrong or swapped character; read it again.", given=text)
    return _written(signs[:-1])


def _written(signs: str) -> str:
    whole = signs + _check_sign(signs)
    return f"A{whole[:2]}-{whole[2:7]}-{whole[7:]}"


def _check_sign(signs: str) -> str:
    total = 0
    for weight, sign in zip(islice(_powers(), 1, None), signs, strict=False):
        total ^= _times(weight, ALPHABET.index(sign))
    return ALPHABET[total]


def _powers() -> list[int]:
    powers = [1]
    while len(powers) < _RANDOM_LENGTH + 3:
        powers.append(_times(powers[-1], 2))
    return powers


def _times(left: int, right: int) -> int:
    product = 0
    while right:
        if right & 1:
            product ^= left
        right >>= 1
        left <<= 1
        if left & 32:
            left ^= _REDUCE
    return product
