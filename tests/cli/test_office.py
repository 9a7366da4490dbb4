"""People, keys, shops and policies from the shell."""

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Typed


def test_a_person_is_added_and_let_in_until_the_key_is_revoked(typed: Typed) -> None:
    assert typed("people", "add", "alice", "Alice", "--role", "admin").exit_code == 0
    assert typed("keys", "issue", "alice", "laptop", "--days", "30").stdout.startswith("ak_")
    [kept] = json.loads(typed("keys", "list", "alice", "--json").stdout)
    assert typed("keys", "revoke", kept["id"]).exit_code == 0
    [kept] = json.loads(typed("keys", "list", "alice", "--json").stdout)
    assert kept["revoked_at"] is not None


def test_roles_are_given_and_taken(typed: Typed) -> None:
    typed("people", "add", "alice", "Alice", "--role", "admin")
    typed("people", "grant", "alice", "finance")
    assert "admin, finance" in typed("people", "list").stdout
    refused = typed("people", "revoke", "alice", "admin")
    assert (refused.exit_code, "last administrator" in refused.stderr) == (1, True)


def test_nobody_of_that_name_is_said_plainly(typed: Typed) -> None:
    refused = typed("keys", "issue", "mallory", "laptop")
    assert (refused.exit_code, refused.stderr) == (
        1, "There is nobody with the login 'mallory'; `amends people list` lists everybody.\n",
    )  # fmt: skip


def test_a_shop_is_opened_and_listed(typed: Typed) -> None:
    assert typed("shops", "open", "demo", "演示店", "sandbox").exit_code == 0
    [shop] = json.loads(typed("shops", "list", "--json").stdout)
    assert (shop["code"], shop["gate_mode"]) == ("demo", "on_resolution")


def test_somebody_who_left_and_a_shop_that_changed_are_shown_so(typed: Typed) -> None:
    typed("people", "add", "root", "Root", "--role", "admin")
    typed("people", "add", "alice", "Alice", "--role", "agent")
    assert typed("people", "deactivate", "alice").exit_code == 0
    [alice] = [one for one in json.loads(typed("people", "list", "--json").stdout) if one["login"] == "alice"]
    typed("shops", "open", "demo", "演示店", "sandbox")
    assert typed("shops", "change", "demo", "--name", "新名字", "--no-intake").exit_code == 0
    [shop] = json.loads(typed("shops", "list", "--json").stdout)
    assert (alice["active"], shop["name"], shop["intake"]) == (False, "新名字", False)


def test_a_policy_is_changed_and_a_wrong_field_is_named(typed: Typed, tmp_path: Path) -> None:
    document = json.loads(typed("policies", "show", "desk").stdout)
    file = tmp_path / "desk.json"
    file.write_text(json.dumps(document | {"case_capacity": 12}))
    assert typed("policies", "put", "desk", str(file), "--why", "fewer", "--on", "0").exit_code == 0
    assert "house version 1, fewer" in typed("policies", "list").stdout
    file.write_text(json.dumps(document | {"case_capacity": 0}))
    refused = typed("policies", "check", "desk", str(file))
    assert (refused.exit_code, "case_capacity" in refused.stderr) == (1, True)


def test_of_two_people_who_have_changed_the_same_version_the_second_is_refused(typed: Typed, tmp_path: Path) -> None:
    shown = typed("policies", "show", "desk")
    assert "--on 0" in shown.stderr
    file = tmp_path / "desk.json"
    for capacity, status in ((12, 0), (13, 1)):
        file.write_text(json.dumps(json.loads(shown.stdout) | {"case_capacity": capacity}))
        put = typed("policies", "put", "desk", str(file), "--why", "mine", "--on", "0")
        assert put.exit_code == status
    assert "desk is at version 1 now" in put.stderr
    assert json.loads(typed("policies", "show", "desk").stdout)["case_capacity"] == 12
    assert "--on 1" in typed("policies", "show", "desk").stderr


@pytest.mark.parametrize("words", [["people", "list"], ["shops", "list"], ["heads"]])
def test_a_database_that_is_away_is_said_plainly(typed: Typed, words: list[str]) -> None:
    refused = typed(*words, AMENDS_DATABASE_URL="postgresql+psycopg://amends_app@127.0.0.1:9/amends")
    assert (refused.exit_code, "check AMENDS_DATABASE_URL" in refused.stderr) == (1, True)


@pytest.mark.parametrize(
    "content", ["你好 = 1".encode("gb18030"), b"a = ", b"\xff\xfe"], ids=["another encoding", "cut off", "no text"]
)
def test_a_policy_file_that_can_not_be_read_is_named_and_changes_nothing(
    typed: Typed, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "desk.toml"
    file.write_bytes(content)
    for words in (["check", "desk", str(file)], ["put", "desk", str(file), "--why", "x", "--on", "0"]):
        refused = typed("policies", *words)
        assert (refused.exit_code, "desk.toml can't be read" in refused.stderr) == (1, True)
    assert "version" not in typed("policies", "list").stdout


def test_a_new_person_gets_a_code_and_is_logged_out_by_the_next_one(typed: Typed) -> None:
    typed("people", "add", "alice", "Alice", "--role", "admin")
    first, second = (typed("people", "code", "alice").stdout for _ in range(2))
    assert re.match(r"([2-9A-Z]{4}-){3}[2-9A-Z]{4} ", first)
    assert first != second
    assert json.loads(typed("people", "logins", "alice", "--json").stdout) == []
    assert typed("people", "logout", "alice").stdout == "0 sessions of alice were ended.\n"


def test_a_key_is_narrowed_and_changed_for_another(typed: Typed) -> None:
    typed("people", "add", "erp", "ERP", "--role", "service")
    typed("shops", "open", "demo", "演示店", "sandbox")
    assert "no operation 'open_cas'" in typed("keys", "issue", "erp", "push", "--route", "open_cas").stderr
    typed("keys", "issue", "erp", "push", "--shop", "demo", "--route", "open_case")
    [kept] = json.loads(typed("keys", "list", "erp", "--json").stdout)
    assert typed("keys", "rotate", kept["id"], "--hours", "1").stdout.startswith("ak_")
    both = json.loads(typed("keys", "list", "erp", "--json").stdout)
    assert [(one["shops"], one["routes"]) for one in both] == [(["demo"], ["open_case"])] * 2


def test_an_outsourced_team_takes_what_lies_outside(typed: Typed) -> None:
    typed("people", "add", "root", "Root", "--role", "admin")
    typed("people", "add", "nina", "Nina", "--role", "agent")
    typed("shops", "open", "demo", "演示店", "sandbox")
    typed("teams", "put", "night", "Night desk", "--shop", "demo", "--outsourced")
    assert "1 roles were taken" in typed("people", "team", "nina", "night").stdout
    refused = typed("people", "grant", "nina", "finance", "--shop", "demo")
    assert (refused.exit_code, "outsourced" in refused.stderr) == (1, True)
    assert typed("people", "grant", "nina", "agent", "--shop", "demo").exit_code == 0
    [team] = json.loads(typed("teams", "list", "--json").stdout)
    assert (team["code"], team["shops"], team["outsourced"]) == ("night", ["demo"], True)
