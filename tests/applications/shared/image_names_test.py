"""Names of results: of images that differ by their suffix, and of one name in several folders."""

import os
from pathlib import Path

import pytest

from applications.shared import image_names
from trainers.datasets import image_folders


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def results(text):
    images = image_names.list_images(str(text))
    return {str(image.name): image.target(Path("out"), "png").as_posix() for image in images}


def test_images_that_differ_by_their_suffix_keep_it(tmp_path):
    touch(tmp_path, "a.jpg", "a.png", "b/a.png", "c.d.png")
    assert results(tmp_path) == {
        "a.jpg": "out/a.jpg.png",
        "a.png": "out/a.png.png",
        "b/a.png": "out/b/a.png",
        "c.d.png": "out/c.d.png",
    }


def test_a_name_with_a_suffix_inside_is_kept_apart_too(tmp_path):
    touch(tmp_path, "a.jpg", "a.png", "a.jpg.png")
    assert sorted(results(tmp_path).values()) == [
        "out/a.jpg.png",
        "out/a.jpg.png.png",
        "out/a.png.png",
    ]


def test_images_of_one_name_get_the_folders_that_tell_them_apart(tmp_path):
    touch(tmp_path, "x/1/a.png", "y/1/a.png", "y/b.jpg")
    text = ",".join(str(tmp_path / part) for part in ("y/1/a.png", "x/1", "y/b.jpg"))
    assert results(text) == {
        "y/1/a.png": "out/y/1/a.png",
        "x/1/a.png": "out/x/1/a.png",
        "b.jpg": "out/b.png",
    }


def test_a_file_that_is_given_twice_is_refused(tmp_path):
    touch(tmp_path, "a.png")
    with pytest.raises(ValueError, match="should name each image once. Received: .*a.png twice"):
        results(f"{tmp_path},{tmp_path / 'a.png'}")


def test_the_images_of_a_folder_are_those_of_the_dataset(tmp_path):
    folder = tmp_path / "photos"
    touch(folder, "a.png", "b.AVIF", ".hidden.png", "notes.txt", os.fsdecode(b"caf\xe9.png"))
    touch(tmp_path, "elsewhere/c.jp2")
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(folder / "pipe.png")
    names = [str(image.name) for image in image_names.list_images(str(folder))]
    assert names == image_folders.find(folder).names and len(names) == 4


def test_a_pipe_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(ValueError, match="should name files or folders.*is no regular file"):
        results(tmp_path / "pipe.png")
