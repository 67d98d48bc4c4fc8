"""What holds for every built-in dataset."""

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from trainers.datasets import builtin

ROOT = Path(__file__).parents[4]
NAMES = [dataset.name for dataset in builtin.DATASETS]
COUNT = 60  # samples that tell enough


def arrays(samples):
    """All arrays of `Samples` by name."""
    beside = {} if samples.y is None else {"y": samples.y}
    factors = {f"factor {name}": rows for name, rows in samples.factors.items()}
    return {"x": samples.x, **beside, **factors}


def digest(names, count):
    """A number for the first test samples of built-in datasets."""
    found = hashlib.sha256()
    for name in names:
        for part, rows in arrays(builtin.find(name).read("test", count)).items():
            found.update(f"{name} {part} {rows.dtype} {rows.shape}".encode())
            found.update(np.ascontiguousarray(rows).tobytes())
    return found.hexdigest()


def test_the_worlds_are_those_that_are_promised():
    promised = (
        "ring grid swiss_roll fgan_mixture stacked_digits glyphs glyphs8 glyphs_photo sprites "
        "captions edge2shape solid2striped furniture furniture_views photos"
    )
    assert sorted(NAMES) == sorted(promised.split())


@pytest.mark.parametrize("name", NAMES)
def test_samples_are_as_the_facts_say(name, read):
    dataset = builtin.find(name)
    for split in dataset.splits:
        samples = read(name, split, COUNT)
        assert samples.x.shape == (COUNT, *dataset.shape)
        if dataset.levels is None:
            assert samples.x.dtype == np.float32
        else:
            assert samples.x.dtype == np.uint8 and samples.x.max() <= dataset.levels
        assert (samples.y is None) == (dataset.y_shape is None)
        if samples.y is not None:
            assert samples.y.shape == (COUNT, *dataset.y_shape)
            integers = dataset.y_levels is None
            assert samples.y.dtype == (np.int32 if integers else np.uint8)
            assert integers or samples.y.max() <= dataset.y_levels
        assert list(samples.factors) == list(dataset.factors)
        for factor, rows in samples.factors.items():
            stated = dataset.factors[factor]
            assert rows.shape == (COUNT, *stated.shape)
            assert rows.dtype.kind == "U" if stated.dtype == "str" else rows.dtype == stated.dtype


@pytest.mark.parametrize("name", NAMES)
def test_a_split_has_as_many_samples_as_the_facts_say(name, read):
    dataset = builtin.find(name)
    assert dataset.splits["all"] == dataset.splits["train"] + dataset.splits["test"]
    samples = read(name, "test")
    assert {len(rows) for rows in arrays(samples).values()} == {dataset.splits["test"]}


@pytest.mark.parametrize("name", NAMES)
def test_labels_are_numbers_of_the_classes(name, read):
    dataset = builtin.find(name)
    assert bool(dataset.class_names) == (dataset.y_shape == ())
    if dataset.class_names:
        y = read(name, "test").y
        assert y.min() >= 0 and y.max() < len(dataset.class_names)
        assert name == "stacked_digits" or len(set(y.tolist())) == len(dataset.class_names)


@pytest.mark.parametrize("name", NAMES)
def test_a_dataset_says_where_its_idea_is_from(name):
    assert "https://" in builtin.find(name).description


@pytest.mark.parametrize("name", NAMES)
def test_few_samples_are_the_first_of_many(name, read):
    few = arrays(builtin.find(name).read("test", 7))
    for part, rows in arrays(read(name, "test", COUNT)).items():
        np.testing.assert_array_equal(few[part], rows[:7])


@pytest.mark.parametrize("name", ["sprites", "swiss_roll", "furniture"])
def test_all_is_train_and_then_test(name, read):
    parts = [arrays(read(name, split)) for split in ("train", "test", "all")]
    for part in parts[2]:
        both = np.concatenate([parts[0][part], parts[1][part]])
        np.testing.assert_array_equal(parts[2][part], both)
    some = builtin.find(name).read("all", len(parts[0]["x"]) + 2)
    np.testing.assert_array_equal(some.x, parts[2]["x"][: len(some.x)])


def test_another_process_draws_the_same():
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "import every_dataset_test as test\n"
        "print(test.digest(test.NAMES, 20))"
    )
    other = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "5"},
        timeout=6000,
        capture_output=True,
        text=True,
    )
    assert other.stdout.split()[-1] == digest(NAMES, 20)


@pytest.mark.parametrize("name", NAMES)
def test_no_sample_is_in_two_splits(name, read):
    dataset = builtin.find(name)
    seen = {}
    for split in dataset.splits:
        if split == "all":
            continue
        samples = read(name, split, min(500, dataset.splits[split]))
        parts = [rows.reshape(len(rows), -1) for rows in arrays(samples).values()]
        rows = {b"".join(part[row].tobytes() for part in parts) for row in range(len(parts[0]))}
        for other, theirs in seen.items():
            assert not rows & theirs, (split, other)
        seen[split] = rows


def test_the_import_brings_nothing_that_is_slow():
    code = (
        "import sys; from trainers.datasets import builtin\n"
        "heavy = {'tensorflow', 'tensorflow_datasets', 'keras', 'sklearn', 'skimage', 'scipy'}\n"
        "heavy &= set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "builtin.find('glyphs_photo').read('test', 1)\n"
        "assert not heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=600)


def test_what_is_wrong_is_said_in_one_sentence():
    glyphs = builtin.find("glyphs")
    sentence = "`split` of 'glyphs' should be one of train, test, all. Received: split='unseen'"
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        glyphs.read("unseen")
    for count in (0, 2001):
        with pytest.raises(ValueError, match=f"`count` should be from 1 to 2000.*count={count}$"):
            glyphs.read("test", count)
    with pytest.raises(ValueError, match="`name` should be one of captions,.*name='glyph'$"):
        builtin.find("glyph")
