"""What is known of the datasets without loading one."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from trainers import datasets

ROOT = Path(__file__).parents[3]


# One of each kind: points, digits, images with factors, voxels with their pictures, pairs.
QUICK = ("ring", "digits", "sprites", "furniture_views", "solid2striped")
every_dataset = pytest.mark.parametrize(
    "name",
    [
        name if name in QUICK else pytest.param(name, marks=pytest.mark.thorough)
        for name in datasets.list_datasets()
    ],
)


def test_names_are_sorted_and_each_has_its_facts():
    names = datasets.list_datasets()
    assert names == sorted(names)
    assert {"digits", "grid", "ring"} <= set(names)
    for name in names:
        info = datasets.info(name)
        assert info.name == name
        assert info.splits["all"] >= info.splits["train"] + info.splits["test"]
        assert info.description
        assert (info.classes is None) == (info.y_shape != ())
        assert len(info.class_names) == (info.classes or 0)


def test_facts_and_names_do_not_load_tensorflow():
    code = (
        "import sys; from trainers import datasets; datasets.info(datasets.list_datasets()[0])\n"
        "heavy = {'tensorflow', 'tensorflow_datasets', 'keras', 'sklearn'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=600)


def test_a_wrong_argument_is_refused_without_loading_tensorflow():
    code = (
        "import sys; from trainers import datasets\n"
        "try: datasets.load('ring', start=(0, -1))\n"
        "except ValueError: assert 'tensorflow' not in sys.modules\n"
        "else: raise AssertionError"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=600)


@every_dataset
def test_the_facts_are_those_of_the_data(name, data_dir):
    info = datasets.info(name)
    assert "all" in info.splits
    for split, count in info.splits.items():
        x, y = datasets.arrays(name, split, data_dir=data_dir)
        assert x.shape == (count, *info.shape) and x.dtype == np.float32
        if info.y_shape is None:
            assert y is None
        else:
            assert y.shape == (count, *info.y_shape)
        if info.classes:
            assert y.dtype == np.int32 and y.min() >= 0 and y.max() < info.classes
            assert len(set(y.tolist())) > 0.98 * info.classes  # of 1,000 a few are not drawn
        known = datasets.factors(name, split, data_dir=data_dir)
        assert sorted(known) == sorted(info.factors)
        assert all(len(rows) == count for rows in known.values())


@every_dataset
def test_a_stream_is_what_the_facts_say(name, data_dir):
    info = datasets.info(name)
    labels = info.y_shape is not None
    data = datasets.load(name, "test", batch_size=16, labels=labels, data_dir=data_dir)
    batch = next(data.as_numpy_iterator())
    parts = batch if labels else (batch,)
    for part, shape in zip(parts, (info.shape, info.y_shape), strict=False):
        assert part.shape == (16, *shape)
        if len(shape) == 3:
            assert part.dtype == np.float32 and -1 <= part.min() < -0.5 and part.max() <= 1
        if len(shape) == 4:
            assert sorted(np.unique(part)) == [0.0, 1.0]


def test_a_second_domain_is_resized_with_the_first_and_dequantised_by_noise_of_its_own(data_dir):
    options = dict(split="test", batch_size=8, labels=True, data_dir=data_dir)
    x, y = next(datasets.load("solid2striped", image_size=16, **options).as_numpy_iterator())
    assert x.shape == y.shape == (8, 16, 16, 3)
    assert datasets.info("solid2striped", 16).y_shape == (16, 16, 3)
    x, y = next(datasets.load("solid2striped", **options).as_numpy_iterator())
    noise = [(part + 1) * 127.5 - np.rint((part + 1) * 127.5) for part in (x, y)]
    assert abs(np.corrcoef(noise[0].ravel(), noise[1].ravel())[0, 1]) < 0.05
    view, voxels = next(
        datasets.load("furniture_views", image_size=16, **options).as_numpy_iterator()
    )
    assert view.shape == (8, 16, 16, 1) and voxels.shape == (8, 16, 16, 16, 1)


def test_worlds_are_tfds_builders(data_dir):
    import tensorflow_datasets as tfds

    from trainers.datasets import tfds_builders

    assert set(tfds_builders.BUILDERS) | {"digits"} == {
        name for name in datasets.list_datasets() if len(datasets.info(name).shape) > 1
    }
    datasets.arrays("sprites", "test", data_dir=data_dir)
    rows = tfds.load("sprites", split="test", data_dir=data_dir, download=False)
    x, y = datasets.arrays("sprites", "test", data_dir=data_dir)
    example = next(rows.as_numpy_iterator())
    np.testing.assert_allclose(example["x"] / 127.5 - 1, x[0], atol=1e-6)
    assert example["y"] == y[0]
    assert set(example["factors"]) == set(datasets.info("sprites").factors)


def test_facts_cannot_be_changed_for_others():
    info = datasets.info("ring")
    info.splits["train"] = 1
    info.centers[:] = 0.0
    assert datasets.info("ring").splits["train"] == 90_000
    assert datasets.info("ring").centers.any()
    with pytest.raises(AttributeError):
        info.std = 1.0


def test_digits_are_compared_by_their_evaluator_and_points_by_none():
    assert datasets.info("digits").evaluator == "digits"
    assert datasets.info("ring").evaluator is None
    assert datasets.info("digits").centers is None
    assert datasets.info("digits").std is None
