"""Reading policy documents: TOML or JSON in, one frozen model out, every fault named by its path."""

import json
import tomllib
from collections.abc import Mapping
from datetime import date, datetime, time
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Literal, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from domain.errors import PolicyUnreadable


class Confidence(StrEnum):
    """How well a fact is supported by its source. It judges the source, not a platform's rule of today."""

    CERTAIN = "certain"
    LIKELY = "likely"
    UNVERIFIED = "unverified"
    DESIGN = "design"


class PolicyPart(BaseModel):
    """Any table of a policy document: unknown fields, wrong types and later changes are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class MarkedPart(PolicyPart):
    """A table that says how sure we are of it and who said so."""

    conf: Confidence = Confidence.DESIGN
    src: tuple[str, ...] = ()
    note: str = ""


class PolicyDocument(PolicyPart):
    """A whole document of one kind."""

    schema_version: Literal[1]
    as_of: date

    def loosened(self, changed: "PolicyDocument") -> list[tuple[str, str]]:
        """Paths (with the reason) in which `changed` allows what this document's law does not; none by default."""
        return []


def read_document[M: BaseModel](model: type[M], data: Mapping[str, object]) -> M:
    """Validate parsed TOML or JSON. Raises PolicyUnreadable with `facts["fields"]` = [{"path", "why"}, …]."""
    try:
        return model.model_validate_json(json.dumps(data, default=_iso))
    except ValidationError as wrong:
        fields = [
            {"path": _path(fault["loc"]), "why": fault["msg"].removeprefix("Value error, ")} for fault in wrong.errors()
        ]
        raise PolicyUnreadable(_sentence(model, fields), fields=fields) from None
    except (TypeError, ValueError) as wrong:
        raise PolicyUnreadable(f"{model.__name__} holds a value that is not plain data: {wrong}", fields=[]) from None


def read_toml[M: BaseModel](model: type[M], text: str) -> M:
    """Validate a TOML text; a syntax error is PolicyUnreadable with the line that tomllib complains about."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise PolicyUnreadable(f"{model.__name__} is not valid TOML: {wrong}. Correct the line.", fields=[]) from None
    return read_document(model, data)


def load_shipped[M: BaseModel](kind: str, model: type[M]) -> M:
    """The default document that ships with the product, read once per process; `kind` is its file name."""
    return cast(M, _shipped(kind, model))


@cache
def _shipped(kind: str, model: type[BaseModel]) -> BaseModel:
    place = resources.files("domain.policies") / "defaults" / f"{kind}.toml"
    if not place.is_file():
        raise PolicyUnreadable(f"No default policy named {kind!r} ships with the product.", fields=[])
    return read_toml(model, place.read_text(encoding="utf-8"))


def with_overrides[M: BaseModel](document: M, overrides: Mapping[str, object]) -> M:
    """The document with a shop's own values laid over it: tables merge, lists and single values replace.

    Raises PolicyUnreadable when the result does not fit the model or loosens what the law forbids outright.
    """
    changed = read_document(type(document), _merged(document.model_dump(mode="json", by_alias=True), overrides))
    loosened: list[tuple[str, str]] = []
    if isinstance(document, PolicyDocument) and isinstance(changed, PolicyDocument):
        loosened = document.loosened(changed)
    if loosened:
        fields = [{"path": path, "why": why} for path, why in loosened]
        raise PolicyUnreadable(_sentence(type(document), fields), fields=fields)
    return changed


def _merged(under: Mapping[str, object], over: Mapping[str, object]) -> dict[str, object]:
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = _merged(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return merged


def _iso(value: object) -> str:
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    raise TypeError(f"a {type(value).__name__}")


def _path(loc: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in loc) or "(document)"


def _sentence(model: type[BaseModel], fields: list[dict[str, str]]) -> str:
    faults = "; ".join(f"{fault['path']}: {fault['why']}" for fault in fields[:5])
    more = f" and {len(fields) - 5} more" if len(fields) > 5 else ""
    return f"{model.__name__} cannot be used: {faults}{more}. Correct these fields and save again."
