"""The data folder: one process at a time, and secrets that stay."""

import stat
from pathlib import Path

import pytest

from embedded.folder import DataFolder, FolderInUse, FolderUnusable, read_variables, write_variables
from embedded.keys import KeysLost, keys_of


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "data")


def test_a_second_house_on_the_same_folder_is_refused(folder: DataFolder) -> None:
    with folder.held(), pytest.raises(FolderInUse, match=r"runs already on .*running\.env.*--data"), folder.held():
        pass


def test_the_folder_is_free_again_once_its_house_has_ended(folder: DataFolder) -> None:
    with folder.held():
        pass

    with folder.held():
        assert folder.logs.is_dir()


def test_a_file_in_the_place_of_the_folder_is_a_named_error(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")

    with pytest.raises(FolderUnusable, match="--data"), DataFolder(tmp_path / "data").held():
        pass


def test_a_restart_has_the_same_keys(folder: DataFolder) -> None:
    with folder.held():
        assert keys_of(folder) == keys_of(folder)


def test_keys_are_readable_by_their_owner_only(folder: DataFolder) -> None:
    with folder.held():
        keys_of(folder)

    assert stat.S_IMODE(folder.keys.stat().st_mode) == 0o600


def test_lost_keys_are_not_replaced_by_ones_that_open_nothing(folder: DataFolder) -> None:
    folder.postgres.mkdir(parents=True)

    with pytest.raises(KeysLost, match="Put the file back"):
        keys_of(folder)


def test_variables_come_back_as_they_were_written(tmp_path: Path) -> None:
    write_variables(tmp_path / "some.env", {"URL": "a://b:c@d/e?f=g", "EMPTY": ""}, "A heading")

    assert read_variables(tmp_path / "some.env") == {"URL": "a://b:c@d/e?f=g", "EMPTY": ""}
