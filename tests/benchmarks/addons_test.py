import json

import keras
import pytest

from benchmarks import addons

FACTS = json.loads(addons.PATH.read_text())


def test_every_part_has_its_numbers():
    assert set(FACTS["outputs"]) == set(FACTS["differences"]) == set(addons.INPUTS)


def test_what_stands_in_for_tensorflow_addons_computes_what_it_did():
    found = addons.differences(FACTS["outputs"])
    assert max(found.values()) < 1e-5, found


def test_the_averages_of_the_first_steps_differ_by_where_they_begin():
    """SGD(2), g = .1 twice, from [1, 2]: the values are [.6, 1.6], Keras' average [.7, 1.7] where
    that of tensorflow-addons is [.75, 1.75]."""
    variable = keras.Variable([1.0, 2.0])
    optimizer = keras.optimizers.SGD(2.0, use_ema=True, ema_momentum=0.5)
    for _ in range(2):
        optimizer.apply([keras.ops.convert_to_tensor([0.1, 0.1])], [variable])
    assert variable.numpy() == pytest.approx([0.6, 1.6])
    optimizer.finalize_variable_values([variable])
    assert variable.numpy() == pytest.approx([0.7, 1.7])
