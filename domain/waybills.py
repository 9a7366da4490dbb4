"""Waybills as couriers print them and people type them."""

import re
import unicodedata

from domain.errors import Refusal

_PLAIN = re.compile(r"[A-Z0-9]{6,40}")
_BETWEEN = re.compile(r"[\s\-_/.]+")


class BadWaybill(Refusal):
    """This is no waybill."""

    code = "BadWaybill"


def normal(waybill: str) -> str:
    """Upper-case letters and digits only, so that one parcel is found however its number was typed. Raises
    BadWaybill."""
    plain = _BETWEEN.sub("", unicodedata.normalize("NFKC", waybill)).upper()
    if not _PLAIN.fullmatch(plain):
        raise BadWaybill("A waybill is 6 to 40 letters and digits; read it again from the label.")
    return plain
