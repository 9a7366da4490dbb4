"""Requests as the OpenAPI document allows and forbids them, drawn by schemathesis, sent to the real api.

Half of them name things that are there (a case, a shop, a person), so that they get past the door.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from api.kinds import CaseKind

BASE = "http://amends"
STEPS = "/cases/{number}/steps"
SECRETS = frozenset({"authorization", "x-api-key"})


@dataclass(frozen=True)
class Sent:
    """One request and what was answered."""

    label: str
    role: str
    request: httpx2.Request
    status: int
    code: str | None

    def __str__(self) -> str:
        asked = f"{self.request.method} {self.request.url} {self.request.content[:400]!r}"
        return f"{self.role}: {asked} -> {self.status} {self.code}"


@dataclass
class Fuzz:
    """`there` are things that exist, by the name of the parameter; `senders` are headers by role, `private` what no
    problem repeats."""

    app: FastAPI
    web: httpx2.AsyncClient
    senders: Mapping[str, dict[str, str]]
    there: Mapping[str, str]
    private: tuple[str, ...] = ()
    answers: list[Sent] = field(default_factory=list)
    faults: dict[tuple[str, int, str | None], str] = field(default_factory=dict)

    def operations(self) -> Iterator[Any]:
        return _operations(self.app.openapi())

    def steps(self, kind: CaseKind) -> Iterator[Any]:
        """The one endpoint that advances a case, once for each step of such cases."""
        document = self.app.openapi()
        taking = document["paths"][STEPS]["post"]
        known = taking["requestBody"]["content"]["application/json"]["schema"]["discriminator"]["mapping"]
        for body in [{"$ref": place} for step, place in known.items() if step in kind.steps]:
            only = {"required": True, "content": {"application/json": {"schema": body}}}
            yield from _operations(document | {"paths": {STEPS: {"post": taking | {"requestBody": only}}}})

    def draw(self, operation: Any, mode: GenerationMode, many: int) -> list[Any]:
        """The same every time."""
        drawn: list[Any] = []
        bounds = settings(
            max_examples=many, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip

        @bounds
        @given(operation.as_strategy(generation_mode=mode))
        def draw(case: Any) -> None:
            drawn.append(case)

        # A route that takes nothing can't be sent anything wrong.
        with contextlib.suppress(Unsatisfiable):
            draw()
        return drawn

    def prepared(self, case: Any, *, named: bool) -> dict[str, Any]:
        """The request as httpx takes it."""
        if named:
            for place in (case.path_parameters, case.query, case.body):
                if isinstance(place, dict):
                    place.update({name: self.there[name] for name in place.keys() & self.there.keys()})
        raw = case.as_transport_kwargs(base_url=BASE)
        headers = {
            name: value
            for name, value in raw["headers"].items()
            if name.lower() not in SECRETS and name.isascii() and value.isascii()
        }
        content = {"json": raw["json"]} if "json" in raw else {"content": raw.get("data") or b""}
        return {"method": raw["method"], "url": raw["url"], "params": raw["params"], "headers": headers} | content

    async def send(self, label: str, role: str, request: dict[str, Any]) -> Sent:
        headers = request["headers"] | self.senders[role]
        try:
            answer = await self.web.request(**request | {"headers": headers})
        except (TypeError, ValueError, httpx2.InvalidURL, UnicodeError):
            # What can't be written as HTTP never reaches us.
            answer = await self.web.get("/health")
        problem = answer.headers.get("content-type", "").startswith("application/problem+json")
        sent = Sent(label, role, answer.request, answer.status_code, answer.json()["code"] if problem else None)
        self.answers.append(sent)
        if problem and any(word in answer.text for word in self.private):
            self.faults[(label, sent.status, "TellsOfTheBuyer")] = str(sent)
        return sent

    def note(self, known: set[int]) -> None:
        """Take what was answered so far to account: failures of ours, and statuses that are not `known`."""
        for sent in self.answers:
            if sent.status >= 500 or sent.status not in known:
                self.faults.setdefault((sent.label, sent.status, sent.code), str(sent))
        self.answers.clear()


# Of each kind of value, what most easily gets past a check and into a store.
SPOILED: dict[type, list[Any]] = {
    str: ["a\x00b", "a\ud800b", "x" * 20_000],
    int: [2**63, 10**30],
    float: [float("nan"), float("inf")],
}


def spoiled(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The same request with one value of its query or body spoiled, each in turn, and its path."""
    for name in request["params"]:
        for worse in ("a\x00b", str(10**30), "x" * 3000):
            yield request | {"params": request["params"] | {name: worse}}
    base, _, last = request["url"].rpartition("/")
    yield request | {"url": f"{base}/a%00{last}"}
    if "json" in request:
        plain = {name: value for name, value in request.items() if name != "json"}
        for body in _spoiled(request["json"]):
            yield plain | {"content": json.dumps(body).encode()}


def _spoiled(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from (value | {name: worse} for worse in _spoiled(part))
    elif isinstance(value, list):
        for number, part in enumerate(value[:3]):
            yield from ([*value[:number], worse, *value[number + 1 :]] for worse in _spoiled(part))
    else:
        yield from SPOILED.get(type(value), [])


def _operations(document: dict[str, Any]) -> Iterator[Any]:
    for result in schemathesis.openapi.from_dict(document).get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr] # else the document itself is broken, which raises
        yield operation


def richest(drawn: list[Any]) -> Any:
    """The request that says most."""
    return max(drawn, key=lambda case: len(str(case.query)) + len(str(case.body)))


def documented(app: FastAPI, label: str) -> set[int]:
    """The statuses that the document knows of one operation, like `GET /cases`."""
    method, _, path = label.partition(" ")
    return {int(status) for status in app.openapi()["paths"][path][method.lower()]["responses"]}


async def drawn_apart[T](draw: Callable[[], T]) -> T:
    """Drawing takes a while and must not hold up the loop on which the house lives."""
    return await asyncio.to_thread(draw)
