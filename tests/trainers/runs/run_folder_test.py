"""A run that is replaced, by a process that is killed at any moment."""

import contextlib
import os

import pytest

from trainers.runs import run_folder


def write(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def contents(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_text() for p in folder.rglob("*.*") if p.is_file()
    }


OLD = {"settings.json": "old", "model.keras": "old", "metrics.json": "old", "frames/1.png": "old"}
MINE = {"notes.txt": "mine", "deeper/settings.json": "mine"}


class Killed(BaseException):
    pass


@pytest.fixture
def folder(tmp_path):
    for name, text in (OLD | MINE).items():
        write(tmp_path, name, text)
    return tmp_path


def kill_after(n, monkeypatch):
    """Kills this process, as it were, before its n-th change of a file."""
    left = [n]

    def killing(function):
        def call(*args, **kwargs):
            if not left[0]:
                raise Killed
            left[0] -= 1
            return function(*args, **kwargs)

        return call

    for module, name in ((os, "replace"), (os, "unlink"), (os, "rmdir"), (os, "mkdir")):
        monkeypatch.setattr(module, name, killing(getattr(module, name)))


def test_a_run_is_set_aside_and_put_back(folder):
    run_folder.set_aside(folder)
    assert contents(folder) == MINE | {f".replaced-1/{k}": v for k, v in OLD.items()}
    write(folder, "settings.json", "new")
    write(folder, "checkpoints/1.json", "new")
    run_folder.put_back(folder)
    assert contents(folder) == OLD | MINE


def test_a_new_run_that_is_put_back_leaves_nothing(tmp_path):
    run_folder.set_aside(tmp_path)
    write(tmp_path, "settings.json", "new")
    run_folder.put_back(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("n", range(16))
def test_killed_before_the_first_checkpoint_the_old_run_is_found_again(n, folder, monkeypatch):
    with monkeypatch.context() as patch:
        kill_after(n, patch)
        with contextlib.suppress(Killed):
            run_folder.set_aside(folder)
            write(folder, "settings.json", "new")
            write(folder, "frames/2.png", "new")
            run_folder.put_back(folder)
    run_folder.recover(folder)
    assert contents(folder) == OLD | MINE


@pytest.mark.parametrize("n", range(12))
def test_killed_while_it_recovers_it_recovers_the_next_time(n, folder, monkeypatch):
    run_folder.set_aside(folder)
    write(folder, "settings.json", "new")
    with monkeypatch.context() as patch:
        kill_after(n, patch)
        with contextlib.suppress(Killed):
            run_folder.recover(folder)
    run_folder.recover(folder)
    assert contents(folder) == OLD | MINE


def test_a_new_run_with_a_checkpoint_stays_and_the_old_one_is_kept(folder, monkeypatch):
    run_folder.set_aside(folder)
    write(folder, "settings.json", "new")
    monkeypatch.setattr(run_folder.checkpoints, "latest_valid", lambda folder: ("one", []))
    run_folder.recover(folder)
    kept = {f".replaced-1/{name}": text for name, text in OLD.items()}
    assert contents(folder) == MINE | kept | {"settings.json": "new"}
    run_folder.set_aside(folder)  # and the new one can be replaced too
    run_folder.put_back(folder)
    assert contents(folder) == MINE | kept | {"settings.json": "new"}


@pytest.mark.parametrize("n", range(6))
def test_killed_after_it_is_finished_the_new_run_alone_stays(n, folder, monkeypatch):
    run_folder.set_aside(folder)
    new = {"settings.json": "new", "metrics.json": "new"}
    for name, text in new.items():
        write(folder, name, text)
    with monkeypatch.context() as patch, contextlib.suppress(Killed):
        kill_after(n, patch)
        run_folder.remove_replaced(folder)
    run_folder.recover(folder)
    assert contents(folder) == MINE | new


def test_what_a_file_manager_leaves_does_not_lock_the_user_out(folder):
    run_folder.set_aside(folder)
    os.replace(folder / ".replaced-1", folder / ".moving")
    write(folder, ".moving/.DS_Store", "")
    run_folder.recover(folder)
    assert contents(folder) == OLD | MINE
