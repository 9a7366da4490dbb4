"""Lists on a terminal, and as JSON for programs."""

import json
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import typer
from pydantic import BaseModel

AsJson = typer.Option(False, "--json", help="as JSON, for programs")


def show(rows: Sequence[BaseModel], columns: Iterable[str], *, as_json: bool) -> None:
    """One line a row with these fields of it; as JSON every field."""
    if as_json:
        typer.echo(json.dumps([row.model_dump(mode="json") for row in rows], ensure_ascii=False, indent=1))
        return
    wanted = list(columns)
    table([wanted, *([_cell(getattr(row, name)) for name in wanted] for row in rows)])


def table(lines: Sequence[Sequence[str]]) -> None:
    widths = [max(_width(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines:
        typer.echo(
            "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)).rstrip()
        )


def _width(text: str) -> int:
    """In columns of a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, list):
        return ", ".join(_cell(part) for part in value) or "-"
    if isinstance(value, BaseModel):
        return ":".join(str(part) for part in value.model_dump().values() if part is not None)
    return str(value)
