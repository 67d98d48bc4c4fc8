"""Prepared data that were damaged on disk are refused in one line, or written anew."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from tests.damages import DAMAGES
from trainers import datasets
from trainers.datasets import digits


def damage(path, how):
    """Damages a file, or removes it; returns its content before."""
    before = path.read_bytes()
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes(DAMAGES[how](before))
    return before


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prepared")
    digits.read("test", 500, folder)
    return folder


@pytest.mark.parametrize("how", [*DAMAGES, "gone"])
@pytest.mark.parametrize("name", ["digits-test.tfrecord-00000-of-00001", "dataset_info.json"])
def test_a_damaged_dataset_is_named_with_what_to_do(name, how, prepared):
    path = prepared / "digits" / "1.0.0" / name
    before = damage(path, how)
    try:
        with pytest.raises(ValueError, match="digits should hold .* It is damaged.*: delete it"):
            datasets.arrays("digits", "test", data_dir=prepared)
    finally:
        path.write_bytes(before)


def test_a_dataset_of_fewer_examples_than_it_was_written_with_is_damaged(prepared):
    path = prepared / "digits" / "1.0.0" / "digits-test.tfrecord-00000-of-00001"
    before = path.read_bytes()
    size = 12 + int.from_bytes(before[:8], "little") + 4  # of a record: length, data, checksums
    path.write_bytes(before[:size])
    try:
        with pytest.raises(ValueError, match="It is damaged"):
            datasets.arrays("digits", "test", data_dir=prepared)
    finally:
        path.write_bytes(before)


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """(a folder of images, a folder with its store)."""
    folder, data_dir = tmp_path_factory.mktemp("photographs"), tmp_path_factory.mktemp("stores")
    for i in range(4):
        Image.new("L", (8, 8), 60 * i).save(folder / f"{i}.png")
    datasets.info(folder, data_dir=data_dir)
    return folder, data_dir


def edit(path, name, value):
    path.write_text(json.dumps(json.loads(path.read_text()) | {name: value}))


@pytest.mark.parametrize(
    "change",
    [
        *(lambda path, how=how: damage(path, how) for how in (*DAMAGES, "gone")),
        lambda path: edit(path, "shape", [4, 16, 1]),
        lambda path: edit(path, "shape", "8"),
        lambda path: edit(path, "splits", ["train"] * 4),
        lambda path: edit(path, "labels", [0, -3, 10**9, 1]),
        lambda path: edit(path, "names", None),
        lambda path: damage(path.with_name("pixels"), "cut"),
    ],
)
def test_a_damaged_store_of_images_is_written_anew(change, photographs, tmp_path):
    folder, stores = photographs
    data_dir = shutil.copytree(stores, tmp_path / "stores")
    before, _ = datasets.arrays(folder, "all", data_dir=data_dir)
    change(next(data_dir.rglob("index.json")))
    after, labels = datasets.arrays(folder, "all", data_dir=data_dir)
    np.testing.assert_array_equal(before, after)
    assert labels is None
