"""Forms of the buyer's page and their fields, and the line about a parcel."""

from typing import Any

from sandbox.markup import Html, fill, join, options


def form(action: str, buyer: str, hidden: dict[str, object], fields: Html, button: str) -> Html:
    """Every form carries the buyer, so that the page comes back to the same person."""
    kept = join(
        fill('<input type="hidden" name="$name" value="$value">', name=name, value=value)
        for name, value in {"buyer": buyer, **hidden}.items()
    )
    return fill(
        '<form method="post" action="/page/$action" class="row">$kept$fields<button>$button</button></form>',
        action=action,
        kept=kept,
        fields=fields,
        button=button,
    )


def text_field(label: str, name: str, value: str = "", extra: str = "required") -> Html:
    return fill(
        '<label class="grow">$label<input name="$name" value="$value" $extra></label>',
        label=label,
        name=name,
        value=value,
        extra=Html(extra),
    )


def text_area(label: str, name: str, extra: str = "required") -> Html:
    return fill(
        '<label class="grow">$label<textarea name="$name" rows="3" $extra></textarea></label>',
        label=label,
        name=name,
        extra=Html(extra),
    )


def choice(label: str, name: str, choices: dict[str, str], chosen: str = "") -> Html:
    template = '<label class="grow">$label<select name="$name">$options</select></label>'
    return fill(template, label=label, name=name, options=options(choices, chosen))


def tick(label: str, name: str) -> Html:
    template = '<label class="tick"><input type="checkbox" name="$name" value="1">$label</label>'
    return fill(template, label=label, name=name)


def folded(summary: str, content: Html) -> Html:
    return fill("<details><summary>$summary</summary>$content</details>", summary=summary, content=content)


def parcel_line(parcel: dict[str, Any] | None) -> Html:
    if parcel is None:
        return Html("")
    return fill('<p class="meta">$courier $num · $context · $at</p>', **parcel | {"at": parcel["at"] or ""})
