"""Wrong arguments are refused in one sentence, when the function is called."""

import re

import numpy as np
import pytest

from trainers import datasets

NAMES = (
    f"`name` should be one of {', '.join(datasets.list_datasets())}; a dataset of TFDS such as "
    "'mnist'; or the path of a folder of images. Received: "
)
REFUSED = [
    (dict(name="rings"), f"{NAMES}name='rings'; did you mean 'ring'?"),
    (dict(name="Digit"), f"{NAMES}name='Digit'; did you mean 'digits'?"),
    (dict(name="minst"), f"{NAMES}name='minst'; did you mean 'mnist' or 'kmnist'?"),
    (dict(name="xqxqxq"), f"{NAMES}name='xqxqxq'"),
    (dict(name=""), f"{NAMES}name=''"),
    (dict(name=None), f"{NAMES}name=None"),
    (
        dict(split="validation"),
        "`split` of 'digits' should be one of train, test, half_a, half_b, all. "
        "Received: split='validation'",
    ),
    (
        dict(name="ring", split="half_a"),
        "`split` of 'ring' should be one of train, test, all. Received: split='half_a'",
    ),
    (
        dict(split=["train"]),
        "`split` of 'digits' should be one of train, test, half_a, half_b, all. "
        "Received: split=['train']",
    ),
    (
        dict(image_size=0),
        "`image_size` should be a positive integer, or None for the size as stored. "
        "Received: image_size=0",
    ),
    (
        dict(image_size=(32, 32)),
        "`image_size` should be a positive integer, or None for the size as stored. "
        "Received: image_size=(32, 32)",
    ),
    (
        dict(name="grid", image_size=32),
        "`image_size` should be None for 'grid', which has points. Received: image_size=32",
    ),
    (
        dict(name="furniture", image_size=32),
        "`image_size` should be None for 'furniture', which has voxels. Received: image_size=32",
    ),
]
REFUSED_BY_LOAD = [
    (
        dict(batch_size=0),
        "`batch_size` should be a positive integer. Received: batch_size=0",
    ),
    (
        dict(batch_size=64.0),
        "`batch_size` should be a positive integer. Received: batch_size=64.0",
    ),
    (
        dict(turns=-1),
        "`turns` should be a positive integer. Received: turns=-1",
    ),
    (
        dict(turns=True),
        "`turns` should be a positive integer. Received: turns=True",
    ),
    (
        dict(batch_size=300, turns=5),
        "`batch_size` should be at most 259 with turns=5: 'train' of 'digits' has 1297 samples. "
        "Received: batch_size=300, turns=5",
    ),
    (
        dict(batch_size=1, turns=1298),
        "`turns` should be at most 1297: 'train' of 'digits' has 1297 samples. "
        "Received: batch_size=1, turns=1298",
    ),
    (
        dict(labels=1),
        "`labels` should be True or False. Received: labels=1",
    ),
    (
        dict(name="photos", labels=True),
        "`labels` should be False for 'photos', which has none. Received: labels=True",
    ),
    (
        dict(seed=-1),
        "`seed` should be an integer from 0 to 2^63 - 1. Received: seed=-1",
    ),
    (
        dict(seed=None),
        "`seed` should be an integer from 0 to 2^63 - 1. Received: seed=None",
    ),
    (
        dict(start=(0, 20)),
        "`start` should be (epoch, batch), the epoch from 0 and the batch from 0 to 19. "
        "Received: start=(0, 20)",
    ),
    (
        dict(start=(-1, 0)),
        "`start` should be (epoch, batch), the epoch from 0 and the batch from 0 to 19. "
        "Received: start=(-1, 0)",
    ),
    (
        dict(start=3),
        "`start` should be (epoch, batch), the epoch from 0 and the batch from 0 to 19. "
        "Received: start=3",
    ),
    (
        dict(start=(0, 1.5), turns=2),
        "`start` should be (epoch, batch), the epoch from 0 and the batch from 0 to 9. "
        "Received: start=(0, 1.5)",
    ),
]


def refused(function, arguments, sentence, data_dir):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        function(**({"name": "digits", "data_dir": data_dir} | arguments))


@pytest.mark.parametrize(("arguments", "sentence"), REFUSED + REFUSED_BY_LOAD)
def test_load_says_in_one_sentence_what_is_wrong(arguments, sentence, tmp_path):
    refused(datasets.load, arguments, sentence, tmp_path)
    assert not list(tmp_path.iterdir())  # before any work


@pytest.mark.parametrize(("arguments", "sentence"), REFUSED)
def test_arrays_says_in_one_sentence_what_is_wrong(arguments, sentence, tmp_path):
    refused(datasets.arrays, arguments, sentence, tmp_path)


def test_info_names_the_datasets_that_there_are():
    with pytest.raises(ValueError, match=r"^`name` should be one of .* did you mean 'mnist'"):
        datasets.info("mnis")


def test_the_largest_batch_that_is_named_is_taken(data_dir):
    stream = datasets.load("digits", batch_size=259, turns=5, data_dir=data_dir)
    assert stream.element_spec.shape[0] == 1295
    assert len(list(stream)) == 1


def test_integers_of_numpy_are_integers():
    stream = datasets.load(
        "ring", "test", np.int64(100), turns=np.int32(2), start=(np.int64(0), np.int64(1))
    )
    assert len(list(stream)) == 49
