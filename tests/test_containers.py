"""What the image holds, and what docker-compose.yml asks of it. No engine of containers is needed to find out."""

import ast
import fnmatch
import importlib.metadata
import importlib.util
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from compose import new_env
from workflows import limits

HOUSE = Path(__file__).resolve().parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((HOUSE / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
# What is run in a container of ours: the services' commands, and what README says to run in one by hand.
PROGRAMS = [
    "worker.py", "api/__main__.py", "cli/__main__.py", "sandbox/__main__.py", "db/migrations/env.py",
    "compose/first_admin.py", "compose/healthy.py", "compose/introduce.py",
]  # fmt: skip


def copied() -> list[str]:
    """What the Dockerfile takes out of the repository."""
    lines = re.findall(r"^COPY (?!--from)(.+)$", (HOUSE / "Dockerfile").read_text(), re.MULTILINE)
    return [source for line in lines for source in line.split()[:-1]]


def let_through(path: str) -> bool:
    """Whether .dockerignore lets a file into the build; the last line that fits decides."""
    passes = True
    for line in (HOUSE / ".dockerignore").read_text().split():
        shut, pattern = not line.startswith("!"), line.removeprefix("!")
        below = any(fnmatch.fnmatch(str(part), pattern) for part in [Path(path), *Path(path).parents])
        if pattern == "*" or below:
            passes = not shut
    return passes


def test_everything_that_the_image_copies_reaches_its_build() -> None:
    files = [source for source in copied() if not (HOUSE / source).is_dir()]
    rooms = [f"{source}/anything.py" for source in copied() if (HOUSE / source).is_dir()]

    assert not [path for path in [*files, *rooms] if not let_through(path)]


def test_neither_secrets_nor_data_reach_the_build() -> None:
    assert not [path for path in (".env", "amends.env", ".amends/keys.env", ".git/config") if let_through(path)]


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def of_ours(module: str) -> list[Path]:
    place = HOUSE / module.replace(".", "/")
    return [path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()]


@cache
def reached() -> tuple[frozenset[Path], frozenset[str]]:
    """Every module of ours that a program in a container loads, and the packages of others that they load."""
    ours: set[Path] = set()
    others: set[str] = set()
    left = [HOUSE / program for program in PROGRAMS]
    while left:
        path = left.pop()
        if path in ours:
            continue
        ours.add(path)
        for module in imported(path):
            left += of_ours(module)
            if not of_ours(module.partition(".")[0]) and not (HOUSE / module.partition(".")[0]).exists():
                others.add(module.partition(".")[0])
    return frozenset(ours), frozenset(others)


def test_the_image_holds_every_module_that_its_programs_load() -> None:
    held = [HOUSE / source for source in copied()]
    scripts = {path for source in copied() for path in HOUSE.glob(source)}

    assert not [
        path for path in reached()[0] if path not in scripts and not any(place in path.parents for place in held)
    ]


def test_the_image_installs_every_package_that_its_programs_load() -> None:
    """The wheels of embedded servers and the tools of development stay out of it."""
    project = tomllib.loads((HOUSE / "pyproject.toml").read_text())
    extras = re.findall(r"--extra (\w+)", (HOUSE / "Dockerfile").read_text())
    left_out = [
        one for name, some in project["project"]["optional-dependencies"].items() if name not in extras for one in some
    ]
    left_out += project["dependency-groups"]["dev"]
    names = {re.split(r"[=~<>\[ ]", one)[0].lower() for one in left_out}
    whose = importlib.metadata.packages_distributions()
    loaded = reached()[1] - sys.stdlib_module_names

    assert not {module for module in loaded if {name.lower() for name in whose.get(module, [])} & names}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_only_for_what_is_there_and_can_say_that_it_is_ready(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        assert other in SERVICES
        if how["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[other]
        if how["condition"] == "service_completed_successfully":
            assert SERVICES[other]["restart"] != "unless-stopped"


def test_every_image_of_others_is_pinned_to_a_version() -> None:
    images = {service["image"] for service in SERVICES.values()} - {"amends:local"}

    assert not {image for image in images if not re.search(r":\d+\.\d+", image)}


def test_every_secret_that_compose_needs_is_made_by_new_env(capsys: pytest.CaptureFixture[str]) -> None:
    asked = set(re.findall(r"\$\{(\w+):", (HOUSE / "docker-compose.yml").read_text()))
    new_env.main()

    assert asked == set(re.findall(r"^(\w+)=.+", capsys.readouterr().out, re.MULTILINE))


def test_every_command_of_ours_names_a_program_that_is_in_the_image() -> None:
    commands = [service["command"] for service in SERVICES.values() if service.get("image") == "amends:local"]
    modules = [command[2] if command[1] == "-m" else command[1].removesuffix(".py") for command in commands]

    assert not [module for module in modules if importlib.util.find_spec(module) is None]


def test_volumes_are_declared() -> None:
    used = {
        volume.partition(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", [])
        if not volume.startswith((".", "/"))
    }

    assert used == set(COMPOSE["volumes"])


def test_the_queues_that_lead_outside_are_whole_at_the_engine() -> None:
    """In parts they would keep a rate in parts, and could put an ordinary look before a deadline."""
    settings = yaml.safe_load((HOUSE / "compose/engine-settings.yaml").read_text())
    outside = {limits.MARKETPLACE_QUEUE, limits.COURIER_QUEUE, limits.MONEY_QUEUE}
    for side in ("Read", "Write"):
        entries = settings[f"matching.numTaskqueue{side}Partitions"]
        assert {entry["constraints"]["taskQueueName"]: entry["value"] for entry in entries} == dict.fromkeys(outside, 1)
