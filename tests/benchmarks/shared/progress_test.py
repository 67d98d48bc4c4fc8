"""A row that trains reports each training."""

import re
import sys

import keras
import numpy as np
import pytest

import zoo
from benchmarks.shared import progress, rows

X = np.zeros((8, 2), "float32")


def gan():
    return zoo.create("gan", image_shape=(2,), width=4)


def test_each_training_prints_a_line_with_its_steps_and_seconds(capsys):
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    network.compile("sgd", "mse")
    with progress.reported_trainings():
        gan().fit(X, batch_size=2, epochs=3, verbose=0)
        network.fit(X, np.zeros((8, 1)), batch_size=2, verbose=0)
    gan().fit(X, batch_size=4, verbose=0)
    printed, lines = capsys.readouterr()
    assert printed == ""
    assert [re.sub(r"in \d+ s", "in SECONDS", line) for line in lines.splitlines()] == [
        "training 1, GAN: 12 steps in SECONDS",
        "training 2, Sequential: 4 steps in SECONDS",
    ]


def test_a_training_that_fails_ends_its_line_and_leaves_fit_as_it_was(capsys):
    before, network = keras.Model.fit, keras.Sequential([keras.layers.Dense(1)])
    with pytest.raises(ValueError), progress.reported_trainings():
        network.fit(X, verbose=0)  # is not compiled
    assert capsys.readouterr().err == "training 1, Sequential: stopped\n"
    assert keras.Model.fit is before and "fit" not in vars(keras.Model)


def test_a_row_is_measured_with_progress(monkeypatch, capsys):
    class Row:
        @staticmethod
        def run(seed):
            gan().fit(X, batch_size=4, verbose=0)
            return "paper", {}, {}, 8

    monkeypatch.setitem(sys.modules, "benchmarks.systems.counted", Row)
    monkeypatch.setattr("benchmarks.systems.counted", Row, raising=False)
    assert rows.row_of("counted", seed=0)["recipe"] == "paper"
    assert "training 1, GAN: 2 steps in" in capsys.readouterr().err
