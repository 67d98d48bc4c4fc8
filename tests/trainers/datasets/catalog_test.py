"""What is known of the datasets without loading one."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from trainers import datasets

ROOT = Path(__file__).parents[3]


def test_names_are_sorted_and_each_has_its_facts():
    names = datasets.list_datasets()
    assert names == sorted(names)
    assert {"digits", "grid", "ring"} <= set(names)
    for name in names:
        info = datasets.info(name)
        assert info.name == name
        assert info.splits["all"] >= info.splits["train"] + info.splits["test"]
        assert "http" in info.description


def test_facts_and_names_do_not_load_tensorflow():
    code = (
        "import sys; from trainers import datasets; datasets.info(datasets.list_datasets()[0])\n"
        "heavy = {'tensorflow', 'tensorflow_datasets', 'keras', 'sklearn'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=60)


def test_a_wrong_argument_is_refused_without_loading_tensorflow():
    code = (
        "import sys; from trainers import datasets\n"
        "try: datasets.load('ring', start=(0, -1))\n"
        "except ValueError: assert 'tensorflow' not in sys.modules\n"
        "else: raise AssertionError"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=60)


def test_the_facts_are_those_of_the_data(data_dir):
    for name in datasets.list_datasets():
        info = datasets.info(name)
        for split, count in info.splits.items():
            x, y = datasets.arrays(name, split, data_dir=data_dir)
            assert x.shape == (count, *info.shape) and y.shape == (count,)
            assert x.dtype == np.float32 and y.dtype == np.int32
            assert sorted(set(y.tolist())) == list(range(info.classes))


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
