"""Which files below a folder are images."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from trainers import datasets
from trainers.datasets import crops, image_decoding, image_folders, image_listing

ODD = os.fsdecode(b"caf\xe9.png")  # is not UTF-8


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def both(folder):
    """Names of the images of a folder, as it is listed, and as a dataset has them."""
    names = [name for name, _ in image_listing.list_images(folder)]
    assert image_folders.find(folder).names == names
    return names


def test_linked_folders_are_followed_and_hidden_files_and_others_counted_once(tmp_path, capsys):
    photos = tmp_path / "photos"
    touch(photos, "a.PNG", "b/c.jpe", ".hidden.png", ".folder/d.png", "e.heic", "f.heic", "g")
    touch(tmp_path, "elsewhere/h.png")
    (photos / "a link").symlink_to(tmp_path / "elsewhere")
    (photos / "again").symlink_to(photos / "b")
    assert both(photos) == ["a link/h.png", "a.PNG", "b/c.jpe"]
    assert capsys.readouterr().err.splitlines() == [
        f"{photos}: 5 files are passed over, 2 hidden, 2 .heic, 1 without a suffix."
    ]


@pytest.mark.parametrize("suffix, feature", [("avif", "avif"), ("jp2", "jpg_2000")])
def test_formats_that_pillow_decodes_are_images(suffix, feature, tmp_path):
    if not features.check(feature):
        pytest.skip("Pillow is built without it")
    (tmp_path / "photos").mkdir()
    Image.new("RGB", (32, 32), (90, 90, 90)).save(tmp_path / "photos" / f"a.{suffix}")
    assert both(tmp_path / "photos") == [f"a.{suffix}"]
    x, _ = datasets.arrays(tmp_path / "photos", "all", data_dir=tmp_path)
    np.testing.assert_allclose(127.5 * x + 127.5, 90, atol=4)


def test_a_link_in_a_circle_is_a_file_that_cannot_be_read(tmp_path):
    (tmp_path / "circle.png").symlink_to("circle.png")
    (tmp_path / "circle").symlink_to("circle")
    assert [name for name, _ in image_listing.list_images(tmp_path)] == ["circle.png"]


def test_a_pipe_is_never_opened(tmp_path, capsys):
    touch(tmp_path, "photos/a.png")
    pipe = tmp_path / "photos" / "pipe.png"
    os.mkfifo(pipe)
    assert both(tmp_path / "photos") == ["a.png"]
    assert "1 file is passed over, 1 not regular files." in capsys.readouterr().err
    with pytest.raises(image_decoding.UnreadableImage, match="^not a regular file$"):
        image_decoding.decode(pipe)
    with pytest.raises(ValueError, match="`name` should be a folder or a regular file"):
        datasets.info(pipe)


def test_a_folder_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    touch(tmp_path, "photos/a.png", "photos/closed/b.png")
    scandir = os.scandir

    def closed(place):  # root may read everything
        if Path(place).name == "closed":
            raise PermissionError(13, "Permission denied")
        return scandir(place)

    monkeypatch.setattr(image_listing.os, "scandir", closed)
    with pytest.raises(ValueError, match="`name` should be.*closed .Permission denied."):
        image_folders.find(tmp_path / "photos")


def test_a_name_that_is_not_utf_8_is_taken_and_named_by_its_escaped_form(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    for i in range(3):
        Image.new("L", (8, 8), 10 * i).save(photos / f"{i}.png")
    Image.new("L", (8, 8), 200).save(photos / ODD)
    (photos / os.fsdecode(b"\xff.png")).write_bytes(b"cut off")
    assert both(photos) == sorted(["0.png", "1.png", "2.png", ODD, "\udcff.png"])
    with pytest.warns(UserWarning, match=r"1 of 5 files of .* are skipped: \\xff\.png"):
        x, _ = datasets.arrays(photos, "all", data_dir=tmp_path)
    assert len(x) == 4
    with pytest.warns(UserWarning, match="skipped"):
        assert ODD in datasets.factors(photos, "all", data_dir=tmp_path)["file"]
    (listed,) = tmp_path.glob("images/photos-*/skipped.txt")
    assert listed.read_text().startswith("\\xff.png\t")


def test_a_folder_with_a_long_name_has_a_store(tmp_path):
    photos = tmp_path / ("p" * 254)
    photos.mkdir()
    Image.new("L", (8, 8), 10).save(photos / f"{'x' * 250}.png")
    assert datasets.info(photos, data_dir=tmp_path).splits["all"] == 1


def test_a_built_in_dataset_is_named_where_a_folder_has_its_name(tmp_path, monkeypatch, capsys):
    touch(tmp_path, "photos/a.png", "digits/a.png")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(image_listing, "_reported", set())
    for _ in range(2):
        crops.load_photographs("photos", "test")
        datasets.info("digits")
    assert capsys.readouterr().err.splitlines() == [
        "photos is the built-in dataset. The folder of this name is ./photos",
        "digits is the built-in dataset. The folder of this name is ./digits",
    ]
