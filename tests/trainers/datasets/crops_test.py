import numpy as np
import pytest
from PIL import Image

from trainers.datasets import crops

RNG = np.random.default_rng(0)
IMAGES = [RNG.normal(size=size).astype("float32") for size in ((20, 30, 2), (9, 8, 2))]


def batches(n, **options):
    return [x.numpy() for x in crops.random_crops(IMAGES, 8, 4, **options).take(n)]


def windows(image, side=8):
    found = np.lib.stride_tricks.sliding_window_view(image, (side, side), axis=(0, 1))
    return found.reshape(-1, 2, side, side).transpose(0, 2, 3, 1)


def test_crops_are_of_the_images():
    known = np.concatenate([windows(image) for image in IMAGES])
    for crop in np.concatenate(batches(3)):
        assert (known == crop).all(axis=(1, 2, 3)).any()


def test_a_batch_is_a_function_of_the_seed_and_its_number():
    ones, again, others = batches(3), batches(3), batches(3, seed=1)
    np.testing.assert_array_equal(ones, again)
    assert not np.array_equal(ones, others)
    np.testing.assert_array_equal(ones[1:], batches(2, first=1))


def test_mirrored_crops_are_those_of_mirrored_images():
    image = np.arange(64.0).reshape(8, 8, 1)
    found = np.concatenate(list(crops.random_crops([image], 8, 16, mirrored=True).take(4)))
    corners = {crop[0, 0, 0] for crop in found}
    assert corners == {0.0, 7.0, 56.0, 63.0}


def test_a_small_photograph_is_refused():
    with pytest.raises(ValueError, match=r"sides from 16 pixels on\. Received: one of 9x8"):
        crops.random_crops(IMAGES, 16, 4)


def test_a_folder_is_read_whole_and_what_is_damaged_passed_over(tmp_path, capsys):
    for split, size in (("train", (30, 20)), ("test", (5, 7))):
        (tmp_path / split).mkdir()
        Image.new("L", size, 100).save(tmp_path / split / "a.png")
    (tmp_path / "train" / "b.jpg").write_bytes(b"no image")
    found = crops.load_photographs(str(tmp_path))
    assert list(found) == ["train/a.png"] and found["train/a.png"].shape == (20, 30, 3)
    assert "train/b.jpg is skipped: not an image" in capsys.readouterr().err
    assert crops.load_photographs(str(tmp_path), "test")["test/a.png"].shape == (7, 5, 3)


def test_a_folder_without_photographs_is_refused(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no image")
    with pytest.raises(
        ValueError, match="should hold photographs with sides from 1 pixels on to train with"
    ):
        crops.load_photographs(str(tmp_path))
