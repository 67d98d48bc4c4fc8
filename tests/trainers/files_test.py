import pytest
import tensorflow as tf

from trainers import files


def test_a_file_appears_when_it_is_whole(tmp_path):
    target = tmp_path / "deep" / "a.txt"
    with files.atomic_path(target) as draft:
        draft.write_text("new")
        assert not target.exists()
        assert draft.suffix == ".txt"
    assert target.read_text() == "new"
    assert list(target.parent.iterdir()) == [target]


def test_a_failure_keeps_what_was_there(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(RuntimeError), files.atomic_path(target) as draft:
        draft.write_text("half of the n")
        raise RuntimeError
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_is_written_aside_too(tmp_path):
    with files.atomic_path(tmp_path / "1") as draft:
        (draft / "variables").mkdir(parents=True)
        (draft / "variables" / "data").write_text("x")
    assert (tmp_path / "1" / "variables" / "data").read_text() == "x"


def test_a_failed_folder_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError), files.atomic_path(tmp_path / "1") as draft:
        draft.mkdir()
        (draft / "a").touch()
        raise RuntimeError
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["link/runs", "circle/runs", "file/runs", "n" * 300])
def test_a_folder_that_cannot_be_created_is_refused_before_any_work(name, tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "file").touch()
    for check in (files.check_folder, files.ensure_folder):
        with pytest.raises(ValueError, match="`out` should be a folder that can be written"):
            check(tmp_path / name, "out")
    assert len(list(tmp_path.iterdir())) == 3


def test_a_folder_that_is_there_is_not_replaced(tmp_path):
    (tmp_path / "1").mkdir()
    with (
        pytest.raises(FileExistsError, match="exists already"),
        files.atomic_path(tmp_path / "1"),
    ):
        pass


def test_json_is_read_as_it_was_written(tmp_path):
    files.write_json(tmp_path / "a.json", {"ö": [1, None]})
    assert files.read_json(tmp_path / "a.json") == {"ö": [1, None]}
    assert files.read_json(tmp_path / "b.json") is None


@pytest.mark.parametrize("content", ["{", "[]", "5", "", "\udcff"])
def test_json_of_something_else_is_named(content, tmp_path):
    (tmp_path / "a.json").write_text(content, errors="surrogateescape")
    with pytest.raises(ValueError, match=r"a\.json should be a JSON object. It cannot be read: "):
        files.read_json(tmp_path / "a.json")


def test_a_full_disk_is_named_with_the_file_in_a_few_words(tmp_path):
    long = "Can't write data (file write failed: time = 3, filename = 'x', file descriptor = 9, "
    for error in (OSError(28, f"{long} error message = 'No space left on device')"), None):
        error = error or tf.errors.ResourceExhaustedError(None, None, "x; No space left on device")
        with pytest.raises(OSError) as raised, files.atomic_path(tmp_path / "model.keras"):
            raise error
        path = tmp_path / "model.keras"
        assert str(raised.value) == f"[Errno 28] No space left on device: '{path}'"


def test_a_memory_error_of_a_reader_is_no_damaged_file():
    with pytest.raises(MemoryError), files.reading("a.npz", "an array"):
        raise MemoryError


def test_drafts_that_a_killed_process_left_are_swept(tmp_path):
    for name in (".4711-model.keras", "frames/.12-00000004.png", "model.keras", ".hidden-1.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    files.remove_partial_files(tmp_path)
    left = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    assert left == [".hidden-1.txt", "model.keras"]


def test_a_name_of_254_bytes_can_be_written(tmp_path):
    for target in (tmp_path / f"{'x' * 250}.png", tmp_path / f"{'é' * 125}.png"):
        with files.atomic_path(target) as draft:
            assert draft.suffix == ".png" and len(draft.name) < 100
            draft.touch()
        assert target.exists()


def test_a_path_that_is_not_utf_8_passes_through_json(tmp_path):
    files.write_json(tmp_path / "a.json", {"dataset": "caf\udce9", "title": "café"})
    assert files.read_json(tmp_path / "a.json") == {"dataset": "caf\udce9", "title": "café"}
