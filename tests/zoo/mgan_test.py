import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from trainers import export, losses
from zoo.networks import perceptual

SIZES = {"image_shape": (16, 16, 1), "width": 4, "stages": 1, "blocks": 1, "patch_stages": 1}
RNG = np.random.default_rng(0)
X, Y = RNG.uniform(-1.0, 1.0, (2, 4, 16, 16, 1)).astype("float32")


def create(**changes):
    model = zoo.MGAN(**(SIZES | changes))
    model.compile()
    return model


@pytest.fixture(scope="module")
def model():
    return create()


def test_losses_are_those_of_the_paper(model):
    batch = tf.constant(X), tf.constant(Y)
    outputs = model.forward(batch)
    real, fake = (np.asarray(model.discriminator(images)) for images in (Y, outputs))
    d_loss = model.losses_of("discriminator", batch, outputs)["discriminator_loss"]
    expected = np.maximum(0.0, 1.0 - real).mean() + np.maximum(0.0, 1.0 + fake).mean()
    assert float(d_loss) == pytest.approx(expected, rel=1e-5)
    pooled = [np.reshape(images, (4, 4, 4, 4, 4)).mean(axis=(2, 4)) for images in (X, outputs)]
    rough = sum(np.square(np.diff(outputs, axis=axis)).mean() for axis in (1, 2))
    g_loss = model.losses_of("generator", batch, outputs)["generator_loss"]
    expected = -fake.mean() + np.square(pooled[0] - pooled[1]).mean() + 1e-4 * rough
    assert float(g_loss) == pytest.approx(expected, rel=1e-5)


def test_a_custom_content_network_is_used_and_not_trained():
    """As with VGG19: images are compared in its features, and its weights are frozen."""
    network = perceptual.random_filters(1, width=4, levels=1)
    network = keras.Model(network.inputs[0], network.outputs[0])
    model, batch = create(content=network), (tf.constant(X), tf.constant(Y))
    outputs, before = model.forward(batch), network.get_weights()
    gap = np.square(np.asarray(network(X)) - np.asarray(network(outputs))).mean()
    content_loss = model.losses_of("generator", batch, outputs)["generator_content"]
    assert float(content_loss) == pytest.approx(gap, rel=1e-5)
    model.fit(X, Y, epochs=2, verbose=0)
    for old, new in zip(before, model.content.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_constant_images_have_no_total_variation():
    assert float(losses.total_variation(np.ones((2, 5, 5, 3)))) == 0.0


def test_it_learns_the_patches_of_the_style():
    """Vertical stripes at any position: outputs vary horizontally, and hardly vertically."""
    model = create()
    options = {"loss_weights": {"generator_content": 0.0}, "optimizers": model.adam(2e-3)}
    model.compile(**options)
    stripes = np.where(np.indices((16, 16))[1] % 4 < 2, -0.8, 0.8)[None, :, :, None]
    shifted = [np.roll(stripes, k, axis=2) for k in range(4)]
    x, y = np.tile(X, (32, 1, 1, 1)), np.concatenate(shifted * 32).astype("float32")
    model.fit(x, y, batch_size=8, epochs=6, verbose=0)
    found = model.translate(x[:4])
    down, across = (np.abs(np.diff(found, axis=axis)).mean() for axis in (1, 2))
    assert across > 2.0 * down


def test_the_content_loss_averages_over_several_feature_maps():
    model, batch = (
        create(content=perceptual.random_filters(1, width=4)),
        (tf.constant(X), tf.constant(Y)),
    )
    outputs = model.forward(batch)
    gaps = [
        np.square(np.asarray(a) - np.asarray(b)).mean()
        for a, b in zip(model.content(X), model.content(outputs), strict=True)
    ]
    content_loss = model.losses_of("generator", batch, outputs)["generator_content"]
    assert len(gaps) == 3 and float(content_loss) == pytest.approx(np.mean(gaps), rel=1e-5)


def test_it_translates_pictures_of_any_height_and_width(model, tmp_path):
    x = RNG.uniform(-1.0, 1.0, (2, 21, 9, 1)).astype("float32")
    found = model.translate(x)
    assert found.shape == (2, 21, 9, 1)
    served = tf.saved_model.load(export.save(model, tmp_path / "1")).signatures["translate"]
    np.testing.assert_allclose(served(source=tf.constant(x))["images"], found, atol=1e-5)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"image_shape": (17, 16, 1)}, "sides that are multiples of 2 for stages=1"),
        ({"image_shape": (2,)}, r"`image_shape` should be \(height, width, channels\)"),
        ({"blocks": 0}, "`blocks` should be an integer from 1"),
        ({"image_shape": (8, 8, 1), "stages": 3}, "sides from 16 on for stages=3"),
    ],
)
def test_invalid_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        zoo.MGAN(**(SIZES | arguments))
