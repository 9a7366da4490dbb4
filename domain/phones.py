"""What kind of number a phone is, so that nobody dials or texts what cannot be reached."""

import re
import unicodedata
from dataclasses import dataclass

from domain.contact_terms import PhoneKind

__all__ = ["Phone", "PhoneKind", "phone_kind"]

_DASHES = re.compile(r"[‐-―−－﹣ー﹘]")
_COUNTRY = re.compile(r"^(?:\+|00)86[-\s]?|^86[-\s]?(?=1[3-9]\d{9})")
_ABROAD = re.compile(r"^(?:\+|00)\d")
# A platform hides digits behind stars; buyers' software also writes x.
_MASK = re.compile(r"\*|(?<=\d)[xX•#]{2,}(?=\d)")
_EXTENSION = re.compile(r"\s*(?:转|分机|ext\.?|,|-{1,3}|#|\s)\s*(\d{1,6})$", re.IGNORECASE)
_MOBILE = re.compile(r"^1[3-9]\d{9}$")
_SHARED_COST = re.compile(r"^[48]00[0-9]{7}$")
# Area codes of three digits are the big cities' and carry eight digits, those of four carry seven or eight.
_FIXED = re.compile(r"^0(?:10|2[0-57-9])[2-8]\d{7}$|^0[3-9]\d{2}[2-8]\d{6,7}$")


@dataclass(frozen=True, slots=True)
class Phone:
    """`number` is digits only, landlines with their area code; None where there is nothing to dial."""

    kind: PhoneKind
    number: str | None = None
    extension: str | None = None


def phone_kind(raw: str | None) -> Phone:
    """Classify a number as buyers and platforms write it: full-width digits, brackets, +86, extensions."""
    text = _DASHES.sub("-", unicodedata.normalize("NFKC", raw or "")).strip()
    if _MASK.search(text):
        return Phone(PhoneKind.MASKED)
    home = _COUNTRY.sub("", text, count=1)
    if home == text and _ABROAD.match(text):
        return Phone(PhoneKind.FOREIGN, "+" + re.sub(r"\D", "", re.sub(r"^00", "", text)))
    return _whole(home, home != text) or _with_extension(home, home != text) or Phone(PhoneKind.INVALID)


def _whole(text: str, had_country: bool) -> Phone | None:
    if not re.fullmatch(r"[\d\s()\-]+", text):
        return None
    digits = re.sub(r"\D", "", text)
    # Behind the country code the trunk zero falls away, and old habit puts one before mobile numbers.
    if re.fullmatch(r"01[3-9]\d{9}", digits):
        digits = digits[1:]
    if _MOBILE.match(digits):
        return Phone(PhoneKind.MOBILE, digits)
    if _SHARED_COST.match(digits):
        return Phone(PhoneKind.SHARED_COST, digits)
    trunk = "0" + digits if had_country and not digits.startswith("0") else digits
    return Phone(PhoneKind.FIXED_LINE, trunk) if _FIXED.match(trunk) else None


def _with_extension(text: str, had_country: bool) -> Phone | None:
    found = _EXTENSION.search(text)
    phone = _whole(text[: found.start()], had_country) if found else None
    if found is None or phone is None:
        return None
    kind = PhoneKind.PRIVACY_EXT if phone.kind is PhoneKind.MOBILE else phone.kind
    return Phone(kind, phone.number, found.group(1))
