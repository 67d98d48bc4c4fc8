"""Mapping an image tile by tile equals mapping it at once."""

import keras
import numpy as np
import pytest
from keras import layers

import zoo
from trainers.imaging import tiling


@pytest.fixture(scope="module")
def model():
    return zoo.create("srgan", scale="small", image_shape=(16, 16, 1), factor=2, width=4)


@pytest.mark.parametrize("size", [(30, 41), (7, 90), (64, 5)])
@pytest.mark.parametrize("side", [8, 33])
def test_there_is_no_seam(model, size, side):
    x = np.random.default_rng(0).uniform(-1.0, 1.0, (*size, 1)).astype("float32")

    def enlarge(piece):
        return model.enlarge(piece[None])[0]

    tiled = tiling.map_tiles(
        enlarge, x, model.factor, side, tiling.receptive_radius(model.generator)
    )
    np.testing.assert_allclose(tiled, enlarge(x), atol=1e-5)


def test_without_a_margin_there_would_be_one(model):
    x = np.random.default_rng(0).uniform(-1.0, 1.0, (30, 41, 1)).astype("float32")
    tiled = tiling.map_tiles(
        lambda piece: model.enlarge(piece[None])[0], x, model.factor, 8, margin=0
    )
    assert np.abs(tiled - model.enlarge(x[None])[0]).max() > 0.05


def test_pieces_are_of_one_size_so_that_a_network_is_traced_once():
    sizes = set()

    def look(piece):
        sizes.add(piece.shape)
        return piece

    x = np.arange(50 * 70).reshape(50, 70, 1)
    np.testing.assert_array_equal(tiling.map_tiles(look, x, side=16, margin=3), x)
    assert sizes == {(22, 22, 1)}


def test_reach_is_that_of_all_layers_together():
    inputs = x = keras.Input((None, None, 2))
    for kernel, dilation in ((3, 1), (5, 1), (3, 4)):
        x = layers.Conv2D(3, kernel, padding="same", dilation_rate=dilation)(x)
    assert tiling.receptive_radius(keras.Model(inputs, x)) == 1 + 2 + 4


def test_a_network_that_sees_all_is_refused():
    inputs = keras.Input((None, None, 1))
    normed = layers.GroupNormalization(groups=-1)(layers.Conv2D(2, 3, padding="same")(inputs))
    with pytest.raises(ValueError, match="receptive radius below 64 pixels"):
        tiling.receptive_radius(keras.Model(inputs, normed))


@pytest.mark.parametrize("wrong", [{"side": 0}, {"margin": -1}])
def test_a_wrong_size_is_refused(wrong):
    with pytest.raises(ValueError, match="`side` should be at least 1"):
        tiling.map_tiles(np.copy, np.zeros((4, 4, 1)), **wrong)
