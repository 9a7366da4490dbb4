"""HTML by filling templates: whatever is not Html already gets escaped."""

from collections.abc import Iterable
from html import escape
from string import Template


class Html(str):
    """Text that is markup already; made by `fill` and `join` only."""

    __slots__ = ()


def fill(template: str, **values: object) -> Html:
    """Replaces $names; a missing name is a KeyError rather than a hole in the page."""
    safe = {name: value if isinstance(value, Html) else escape(str(value)) for name, value in values.items()}
    return Html(Template(template).substitute(safe))


def join(parts: Iterable[Html]) -> Html:
    return Html("".join(parts))


def options(choices: dict[str, str], chosen: str) -> Html:
    """<option> elements of value → label."""
    return join(
        fill(
            '<option value="$value"$selected>$label</option>',
            value=value,
            label=label,
            selected=Html(" selected") if value == chosen else "",
        )
        for value, label in choices.items()
    )
