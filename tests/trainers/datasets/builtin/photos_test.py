"""Photographs lie in the packages, whole ones are held out, and crops are cut from them."""

import importlib.metadata

import numpy as np
import pytest

from trainers.datasets.builtin import photos

EVERY = [*photos.PHOTOGRAPHS["train"], *photos.PHOTOGRAPHS["test"]]


@pytest.mark.parametrize("photograph", EVERY, ids=lambda photograph: photograph.name)
def test_a_photograph_comes_inside_its_package_and_has_its_size(photograph):
    package = {"skimage": "scikit-image", "sklearn": "scikit-learn"}[photograph.package]
    shipped = {file.locate().resolve() for file in importlib.metadata.files(package)}
    assert photograph.path.resolve() in shipped
    split = "test" if photograph in photos.PHOTOGRAPHS["test"] else "train"
    pixels = photos.photographs(split)[photograph.name]
    assert pixels.shape == (photograph.height, photograph.width, 3)
    assert pixels.dtype == np.uint8
    assert len(photograph.cropped()) == photograph.crops


def test_whole_photographs_are_held_out():
    train, test = photos.photographs("train"), photos.photographs("test")
    assert list(test) == ["astronaut", "camera", "china", "coins"]
    assert not set(train) & set(test)
    assert list(photos.photographs("all")) == [*train, *test] == list(photos.NAMES)
    assert len(train) == 17


def test_grey_photographs_have_three_equal_channels():
    camera = photos.photographs("test")["camera"]
    assert (camera == camera[..., :1]).all()


def test_a_photograph_cannot_be_changed_for_others():
    with pytest.raises(ValueError, match="read-only"):
        photos.photographs("test")["coins"][0, 0] = 0


def test_another_split_is_refused():
    with pytest.raises(ValueError, match="`split` should be one of train, test, all. Received"):
        photos.photographs("validation")


def test_crops_are_of_the_photograph_that_their_factor_names(read):
    samples = read("photos", "test", 60)
    for crop, number in zip(samples.x, samples.factors["photograph"], strict=True):
        whole = photos.photographs("test")[photos.NAMES[number]]
        height, width = whole.shape[:2]
        corners = [(y, x) for y in range(0, height - 63, 32) for x in range(0, width - 63, 32)]
        assert any(np.array_equal(crop, whole[y : y + 64, x : x + 64]) for y, x in corners)


def test_every_photograph_is_there_in_random_order_and_none_dominates(read):
    for split in ("train", "test"):
        which = read("photos", split).factors["photograph"]
        numbers, counts = np.unique(which, return_counts=True)
        assert [photos.NAMES[number] for number in numbers] == list(photos.photographs(split))
        assert counts.max() / len(which) < 0.35
        assert (np.diff(which) == 0).mean() < 0.35


def test_the_dark_around_the_retina_is_left_out():
    retina = next(p for p in photos.PHOTOGRAPHS["train"] if p.name == "retina")
    brightest = retina.cropped().max(axis=(1, 2, 3))
    assert brightest.min() > 20
