"""A network with batch norm of an image's parts is one with instance norm of the image."""

import keras
import numpy as np
import pytest
from keras import layers

from trainers.imaging import instance_norm

IMAGE = np.random.default_rng(0).uniform(-1.0, 1.0, (1, 16, 24, 2)).astype("float32")


def network(scale=True, center=True):
    """Convolutions of one pixel, so that a part of the image has that part of the outputs."""
    inputs = x = keras.Input((None, None, 2))
    for i, filters in enumerate((5, 3)):
        x = layers.Conv2D(filters, 1)(x)
        norm = layers.GroupNormalization(groups=-1, epsilon=1e-5, scale=scale, center=center)
        x = layers.ReLU()(norm(x))
        for weight in norm.weights:
            weight.assign(1.0 + i + np.arange(weight.shape[0]) / 3.0)
    return keras.Model(inputs, x)


@pytest.mark.parametrize(("scale", "center"), [(True, True), (True, False), (False, False)])
def test_parts_are_computed_as_within_the_image(scale, center):
    whole = network(scale, center)
    parts = instance_norm.with_measured_norm(whole)
    instance_norm.measure(parts, np.concatenate([IMAGE[:, :, i : i + 8] for i in (0, 8, 16)]))
    np.testing.assert_allclose(parts(IMAGE[:, :4, 5:]), whole(IMAGE)[:, :4, 5:], atol=1e-5)


def test_the_moments_of_another_image_replace_the_first_ones():
    whole = network()
    parts = instance_norm.with_measured_norm(whole)
    for image in (3.0 * IMAGE - 1.0, IMAGE):
        instance_norm.measure(parts, image)
    np.testing.assert_allclose(parts(IMAGE), whole(IMAGE), atol=1e-5)


def test_other_layers_are_shared():
    whole = network()
    parts = instance_norm.with_measured_norm(whole)
    kernels = [layer.kernel for layer in whole.layers if isinstance(layer, layers.Conv2D)]
    assert [w for w in parts.weights if any(w is kernel for kernel in kernels)] == kernels


def test_no_norm_but_the_measured_ones_is_changed():
    x = keras.Input((None, None, 2))
    inner, outer = layers.BatchNormalization(), layers.BatchNormalization()
    block = keras.Sequential([inner])
    normed = layers.GroupNormalization(groups=-1)(outer(block(x)))
    instance_norm.measure(instance_norm.with_measured_norm(keras.Model(x, normed)), IMAGE + 5.0)
    for norm in (inner, outer):
        np.testing.assert_array_equal(norm.moving_mean, [0.0, 0.0])
