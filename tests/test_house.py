"""Guards of the house itself: what may import what, how large things are, what README promises."""

import ast
import importlib
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from embedded import databases
from embedded.postgres import Postgres
from settings import Settings

HOUSE = Path(__file__).resolve().parent.parent
HISTORIES = HOUSE / "tests" / "histories"
IGNORED = {".git", *((HOUSE / ".gitignore").read_text().replace("/", "").split())}
LONGEST_MODULE = 350
LONGEST_FUNCTION = 60

# Each room with the rooms that it may import. dev.py, worker.py and tests compose and may import all.
MAY_IMPORT = {
    "domain": set[str](),
    "db": {"domain", "settings"},
    "gateways": {"domain"},
    "activities": {"domain", "db", "gateways", "vault", "settings"},
    "workflows": {"domain", "db", "gateways", "activities", "settings"},
    "vault": {"domain", "db", "gateways", "settings"},
    "record": {"domain", "db"},
    "api": {"domain", "db", "gateways", "activities", "workflows", "vault", "record", "settings", "logs"},
    "sandbox": set[str](),
    "embedded": {"db", "domain", "settings"},
    "compose": {"db", "domain", "settings", "embedded"},
}
# The server's shell composes like worker.py and dev.py, and nothing imports it.
MAY_IMPORT["cli"] = set(MAY_IMPORT) - {"sandbox", "embedded", "compose"} | {"settings", "logs", "worker"}
OURS = set(MAY_IMPORT) | {"settings", "logs", "worker", "dev", "tests", "bench"}


@cache
def tracked_files() -> tuple[Path, ...]:
    """Every file of the house; environments, data and caches are in folders that git ignores."""
    return tuple(path for entry in HOUSE.iterdir() if entry.name not in IGNORED for path in files_below(entry))


def files_below(entry: Path) -> Iterator[Path]:
    found = entry.rglob("*") if entry.is_dir() else iter([entry])
    return (path for path in found if path.is_file() and "__pycache__" not in path.parts)


@cache
def modules(*, of: str = "") -> tuple[Path, ...]:
    """Python files of the house, or of one room."""
    found = (path for path in tracked_files() if path.suffix == ".py")
    return tuple(path for path in found if not of or path.relative_to(HOUSE).parts[0] == of)


def imported_rooms(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def readme() -> str:
    return (HOUSE / "README.md").read_text()


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_imports_point_one_way(room: str) -> None:
    allowed = MAY_IMPORT[room] | {room}

    astray = {
        f"{path.relative_to(HOUSE)} imports {name}"
        for path in modules(of=room)
        for name in imported_rooms(path)
        if name in OURS - allowed
    }

    assert not astray


def test_the_domain_needs_only_the_standard_library_and_pydantic() -> None:
    from_outside = {name for path in modules(of="domain") for name in imported_rooms(path)} - {"domain", "pydantic"}

    assert not from_outside - sys.stdlib_module_names


def test_every_room_is_on_the_map_of_the_readme() -> None:
    rooms = {path.relative_to(HOUSE).parts[0] for path in modules() if len(path.relative_to(HOUSE).parts) > 1}

    assert not {room for room in rooms if f"`{room}/`" not in readme()}


def test_every_setting_is_in_the_readme() -> None:
    assert not {name for name in Settings.model_fields if f"`AMENDS_{name.upper()}`" not in readme()}


def test_the_readme_names_no_setting_that_is_gone() -> None:
    named = set(re.findall(r"`AMENDS_([A-Z_]+)`", readme()))

    assert not named - {name.upper() for name in Settings.model_fields}


def test_every_decision_is_listed_beside_them() -> None:
    decisions = HOUSE / "docs" / "decisions"
    listed = (decisions / "README.md").read_text()

    assert not {path.name for path in decisions.glob("0*.md") if path.name not in listed}


def test_every_page_of_the_docs_is_named_in_the_readme_and_every_link_leads_somewhere() -> None:
    pages = [HOUSE / "README.md", *(HOUSE / "docs").rglob("*.md")]
    links = {(page, link) for page in pages for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text())}

    assert not [page.name for page in (HOUSE / "docs").glob("*.md") if f"docs/{page.name}" not in readme()]
    assert not [(page.name, link) for page, link in links if not (page.parent / link).exists()]


SECURITY = HOUSE / "docs" / "security.md"
NAMED_TEST = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


def test_every_test_that_the_page_of_security_names_is_there() -> None:
    named = NAMED_TEST.findall(SECURITY.read_text())
    gone = {
        f"{path}::{test}"
        for path, test in named
        if not (HOUSE / "tests" / path).is_file() or f"def {test}(" not in (HOUSE / "tests" / path).read_text()
    }

    assert len(named) > 100
    assert not gone


def test_each_line_of_security_stands_once_with_a_test_or_a_reason() -> None:
    rows = [line.strip("| ").split(" | ") for line in SECURITY.read_text().splitlines() if line.startswith("| V")]
    numbers = [row[0] for row in rows]
    unproven = [row[0] for row in rows if row[2] == "shown" and "::" not in row[3] and row[3] != "the same test"]

    assert len(set(numbers)) == len(numbers)
    assert {row[2] for row in rows} == {"shown", "by design", "n/a", "open"}
    assert not [row for row in rows if len(row) != 4 or not row[3]]
    assert not unproven


async def test_models_equal_migrations(cluster: Postgres, template: str, scratch: Path) -> None:
    await databases.compare_with_models(cluster.url(template, databases.OWNER), scratch / "compare.log")


def long_functions(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > LONGEST_FUNCTION:
                yield f"{path.relative_to(HOUSE)}: {node.name} has {lines} lines"


def test_no_function_is_longer_than_60_lines() -> None:
    grown = [path for path in modules() if "migrations" not in path.parts]

    assert not [function for path in grown for function in long_functions(path)]


def test_no_module_is_longer_than_350_lines() -> None:
    grown = [path for path in modules() if "migrations" not in path.parts]

    assert not {str(path) for path in grown if len(path.read_text().splitlines()) > LONGEST_MODULE}


def test_no_room_is_called_after_nothing() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}

    assert not {str(path) for path in modules() if vague & {part.removesuffix(".py") for part in path.parts}}


# Folders of one machine, and addresses of package servers, which differ from machine to machine.
MACHINE_TRACES = re.compile(
    r"(?<![\w.~])/(?:root|work|home/\w+|Users/\w+)/[\w.]"
    r"|--(?:extra-)?index-url\s*[=\s]\s*\S+://"
    r"|https?://(?:pypi\.org|files\.pythonhosted\.org)"
)


def test_no_file_holds_a_path_or_host_of_one_machine() -> None:
    texts = [path for path in tracked_files() if path.suffix not in (".png", ".gz", ".ico", ".woff2")]

    assert not {str(path) for path in texts if MACHINE_TRACES.search(path.read_text(errors="replace"))}


@cache
def workflow_classes() -> tuple[type, ...]:
    """Every class of workflows/ that the worker can run."""
    found = []
    for path in modules(of="workflows"):
        name = ".".join(path.relative_to(HOUSE).with_suffix("").parts)
        module = importlib.import_module(name)
        found += [
            kind
            for kind in vars(module).values()
            if isinstance(kind, type) and kind.__module__ == name and workflow_name(kind)
        ]
    return tuple(found)


def workflow_name(kind: type) -> str:
    """The name under which the engine knows a workflow class, empty for any other class."""
    definition = getattr(kind, "__temporal_workflow_definition", None)
    return str(definition.name) if definition else ""


def test_every_workflow_has_a_recorded_history() -> None:
    # A recording is `<workflow>.<what happens>.json` in tests/histories, as the engine's tool or UI exports it.
    recorded = {path.name.partition(".")[0] for path in HISTORIES.glob("*.json")}

    assert not {workflow_name(kind) for kind in workflow_classes()} - recorded


def read_history(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(path.stem, path.read_text())


@pytest.mark.parametrize("history", sorted(HISTORIES.glob("*.json")), ids=lambda path: path.stem)
async def test_recorded_histories_replay(history: Path) -> None:
    recorded = read_history(history)
    replayer = Replayer(workflows=list(workflow_classes()), data_converter=pydantic_data_converter)

    await replayer.replay_workflow(recorded)
