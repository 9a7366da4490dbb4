"""The exact text of each member of a JSON object, as a signature over raw text needs it."""

import json

_DECODER = json.JSONDecoder()
_SPACE = " \t\r\n"


def raw_members(text: str) -> dict[str, str]:
    """Key → the very characters of its value. ValueError for anything but one JSON object without repeated keys.

    Repeated keys are refused: one reader would verify the first and another would believe the last.
    """
    try:
        return _members(text)
    except RecursionError as cause:
        raise ValueError("nested too deep") from cause


def _members(text: str) -> dict[str, str]:
    at = _skip(text, _expect(text, 0, "{"))
    members: dict[str, str] = {}
    more = text[at : at + 1] != "}"
    while more:
        key, at = _DECODER.raw_decode(text, _skip(text, at))
        if not isinstance(key, str) or key in members:
            raise ValueError("a key is no string or comes twice")
        start = _skip(text, _expect(text, at, ":"))
        _, at = _DECODER.raw_decode(text, start)
        members[key] = text[start:at]
        at = _skip(text, at)
        more = text[at : at + 1] == ","
        at += more
    if _skip(text, _expect(text, at, "}")) != len(text):
        raise ValueError("text after the object")
    return members


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at


def _expect(text: str, at: int, mark: str) -> int:
    at = _skip(text, at)
    if text[at : at + 1] != mark:
        raise ValueError(f"{mark} expected")
    return at + 1
