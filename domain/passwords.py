"""Passwords: long, and none of those that everybody tries first. No rules of signs, no ageing (NIST SP 800-63B)."""

import unicodedata

from domain.errors import Refusal

SHORTEST = 12
LONGEST = 128
FEWEST_SIGNS = 5
# What is tried first, among passwords that are long enough; compared without case and without what stands around it.
_TRIED_FIRST = """
    password1234 password12345 password123456 passwordpassword passw0rd1234 p@ssw0rd1234 p@ssword1234 mypassword123
    123456789012 1234567890123 12345678901234 123456789123 1234567890qwe 1234567890abc 987654321098 0987654321qw
    qwertyuiop12 qwertyuiop123 qwertyuiop1234 qwerty123456 qwerty1234567 qwertyqwerty 1q2w3e4r5t6y 1qaz2wsx3edc
    1qaz2wsx3edc4rfv qazwsxedcrfv asdfghjkl123 asdfghjkl1234 zxcvbnm12345 abcdefghijkl abcdefgh1234 abcd12345678
    abc123456789 a1b2c3d4e5f6 aa1234567890 iloveyou1234 iloveyou12345 woaini520131 woaini1314520 5201314520131
    5201314woaini admin1234567 administrator administrator1 admin@123456 adminadmin123 root12345678 welcome12345
    welcome123456 letmein12345 changeme1234 changeme12345 default12345 secret123456 summer202512 winter202612
    monkey123456 dragon123456 football1234 baseball1234 sunshine1234 princess1234 taobao123456 tianmao12345
    kuaishou1234 douyin123456 pinduoduo123 customerservice kefu12345678 testtesttest test12345678
"""
DENIED = frozenset(_TRIED_FIRST.split())


class PasswordWeak(Refusal):
    """The password is too easily tried out; the message says what a good one is."""

    code = "PasswordWeak"


def normal(password: str) -> str:
    """One form of each text, whatever keyboard it was typed on."""
    return unicodedata.normalize("NFKC", password)


def check_password(password: str, login: str, name: str) -> None:
    """Raises PasswordWeak."""
    given = normal(password)
    if not SHORTEST <= len(given) <= LONGEST:
        raise PasswordWeak(f"A password has {SHORTEST} to {LONGEST} signs; a sentence is a good one.", field="password")
    small = given.casefold()
    if len(set(small)) < FEWEST_SIGNS:
        raise PasswordWeak("This password repeats a few signs; a sentence is a good one.", field="password")
    if small.strip("!.?*#@ ") in DENIED:
        raise PasswordWeak("This password is among those that are tried first; choose another.", field="password")
    if any(word in small for word in _own(login, name)):
        raise PasswordWeak("The password holds your own name or login; choose another.", field="password")


def _own(login: str, name: str) -> list[str]:
    words = [login.casefold(), normal(name).casefold().replace(" ", ""), "amends"]
    return [word for word in words if len(word) >= 4]
