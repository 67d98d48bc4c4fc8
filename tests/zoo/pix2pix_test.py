import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from trainers import export
from zoo.networks import patchgan

SIZES = {"source_channels": 1, "width": 4, "stages": 3, "patch_stages": 1}
RNG = np.random.default_rng(0)
X = RNG.uniform(-1.0, 1.0, (4, 16, 16, 1)).astype("float32")
Y = RNG.uniform(-1.0, 1.0, (4, 16, 16, 3)).astype("float32")


def create(**changes):
    model = zoo.Pix2Pix(image_shape=(16, 16, 3), **(SIZES | changes))
    model.compile()
    return model


@pytest.fixture(scope="module")
def model():
    return create()


def softplus(x):
    return np.logaddexp(0.0, x)


def test_losses_are_those_of_the_paper(model):
    x, y = tf.constant(X), tf.constant(Y)
    fake = model.generator(x)
    outputs = {"real": y, "fake": fake, "condition": x}
    logits = [np.asarray(model.discriminator([images, x])) for images in (y, fake)]
    d_loss = model.losses_of("discriminator", (x, y), outputs)["discriminator_loss"]
    expected = 0.5 * (softplus(-logits[0]).mean() + softplus(logits[1]).mean())
    assert float(d_loss) == pytest.approx(expected, rel=1e-5)
    g_loss = model.losses_of("generator", (x, y), outputs)["generator_loss"]
    expected = softplus(-logits[1]).mean() + 100.0 * np.abs(Y - np.asarray(fake)).mean()
    assert float(g_loss) == pytest.approx(expected, rel=1e-5)


def test_the_source_is_an_input_of_the_discriminator_only_if_conditional(model):
    assert [x.shape[-1] for x in model.discriminator.inputs] == [3, 1]
    other = model.discriminator([Y, -X])
    assert not np.allclose(model.discriminator([Y, X]), other)
    blind = create(conditional=False)
    assert blind.discriminator.input_shape[-1] == 3
    assert "condition" not in blind.forward((X, Y))


@pytest.mark.parametrize("stages, side", [(0, 1), (1, 16), (2, 34), (3, 70)])
def test_the_receptive_field_of_a_logit_is_that_of_the_paper(stages, side):
    discriminator = patchgan.discriminator(1, width=2, stages=stages, norm=False)
    x = tf.Variable(RNG.normal(size=(1, 128, 128, 1)).astype("float32"))
    with tf.GradientTape() as tape:
        logits = discriminator(x)
        middle = logits[0, logits.shape[1] // 2, logits.shape[2] // 2, 0]
    patch = np.argwhere(tape.gradient(middle, x)[0, ..., 0] != 0.0)
    assert patchgan.receptive_field(stages) == side
    assert (patch.max(axis=0) - patch.min(axis=0) + 1).tolist() == [side, side]


def test_dropout_is_active_at_inference():
    noisy, still = create(), create(dropout=0.0)
    assert not np.array_equal(noisy.translate(X), noisy.translate(X))
    np.testing.assert_array_equal(noisy.translate(X, seed=1), noisy.translate(X, seed=1))
    np.testing.assert_array_equal(still.translate(X), still.translate(X))


def test_skip_connections_bypass_the_bottleneck():
    """With bottleneck weights of 0 the output still depends on the input."""
    model = create(dropout=0.0)
    middle = next(n for n in model.generator.layers if n.output.shape[-1] == 16)
    middle.kernel.assign(middle.kernel * 0.0)
    assert not np.allclose(model.translate(X), model.translate(-X))


@pytest.mark.parametrize("sides", [(16, 16), (30, 50), (5, 3)])
def test_it_translates_images_of_any_height_and_width(sides):
    model = create(dropout=0.0)
    x = RNG.uniform(-1.0, 1.0, (2, *sides, 1)).astype("float32")
    found = model.translate(x)
    assert found.shape == (2, *sides, 3)
    assert np.abs(found).max() <= 1.0
    if not any(side % 8 for side in sides):
        np.testing.assert_allclose(found, model(x), atol=1e-6)


@keras.saving.register_keras_serializable("gan_zoo_tests")
class Subclassed(keras.Model):
    """A generator without static shapes."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.convolution = keras.layers.Conv2D(3, 3, padding="same", activation="tanh")

    def call(self, x, training=False):
        return self.convolution(x)


def test_a_generator_without_static_shapes_translates_and_is_exported(tmp_path):
    generator = Subclassed()
    generator(X)
    model = create(generator=generator)
    found = model.translate(X[:, :13, :9])
    assert found.shape == (4, 13, 9, 3)
    served = tf.saved_model.load(export.save(model, tmp_path / "1")).signatures["translate"]
    exported = served(source=tf.constant(X[:, :13, :9]))["images"]
    np.testing.assert_allclose(exported, found, atol=1e-6)


def test_batch_norm_keeps_the_means_of_feature_maps_that_instance_norm_removes():
    """After instance norm the mean of each map is the same for all images."""
    for batch_norm in (False, True):
        generator = create(batch_norm=batch_norm, dropout=0.0).generator
        kinds = [keras.layers.GroupNormalization, keras.layers.BatchNormalization]
        normed = [n for n in generator.layers if isinstance(n, kinds[batch_norm])]
        assert not [n for n in generator.layers if isinstance(n, kinds[not batch_norm])]
        features = keras.Model(generator.inputs, normed[-1].output)(X, training=True).numpy()
        means = features.mean(axis=(1, 2))
        assert (np.ptp(means, axis=0).max() > 1e-2) == batch_norm


def test_its_export_takes_any_size_and_samples_new_noise_at_each_call(tmp_path):
    model = create()
    served = tf.saved_model.load(export.save(model, tmp_path / "1")).signatures["translate"]
    x = tf.constant(RNG.uniform(-1.0, 1.0, (3, 21, 9, 1)), "float32")
    first, second = (served(source=x)["images"] for _ in range(2))
    assert first.shape == (3, 21, 9, 3)
    assert not np.array_equal(first, second)


@pytest.mark.thorough
def test_it_learns_pairs_better_than_the_mean_image():
    model = create(dropout=0.0)
    rate = {player: keras.optimizers.Adam(2e-3, 0.5) for player in model.players}
    model.compile(optimizers=rate)
    x = np.repeat(np.sign(X[:, :1, :1]), 16, axis=1).repeat(16, axis=2)
    model.fit(np.tile(x, (16, 1, 1, 1)), np.tile(0.5 * x, (16, 1, 1, 3)), epochs=40, verbose=0)
    assert np.abs(model.translate(x) - 0.5 * x).mean() < 0.1


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"image_shape": (20, 16, 3)}, "sides that are multiples of 8 for stages=3"),
        ({"image_shape": (2,)}, r"`image_shape` should be \(height, width, channels\)"),
        ({"patch_stages": -1}, "`patch_stages` should be an integer from 0"),
        ({"image_shape": (16, 16, 3), "patch_stages": 3}, "sides from 24 on for stages=3"),
        ({"stages": 0}, "`stages` should be an integer from 1"),
    ],
)
def test_invalid_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        zoo.Pix2Pix(**(SIZES | arguments))


def test_invalid_sources_are_refused(model):
    with pytest.raises(ValueError, match="`x` should have shape"):
        model.translate(Y)
    with pytest.raises(ValueError, match="`translate` should be called, with images"):
        model.generate(3)
