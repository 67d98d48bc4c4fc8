import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from trainers import export

SIZES = {"source_channels": 1, "width": 4, "stages": 1, "blocks": 1, "patch_stages": 1}
RNG = np.random.default_rng(0)
X = RNG.uniform(-1.0, 1.0, (4, 16, 16, 1)).astype("float32")
Y = RNG.uniform(-1.0, 1.0, (4, 16, 16, 3)).astype("float32")
BATCH = tf.constant(X), tf.constant(Y)


def create(**changes):
    model = zoo.CycleGAN(image_shape=(16, 16, 3), **(SIZES | changes))
    model.compile()
    return model


@pytest.fixture(scope="module")
def model():
    return create()


def squared(logits, label):
    return np.square(np.asarray(logits) - label).mean()


def test_losses_are_those_of_the_paper():
    model = create()
    outputs = model.forward(BATCH)
    fake_y, fake_x = model.generator(X), model.inverse_generator(Y)
    discriminator, inverse = model.discriminator, model.inverse_discriminator
    losses = model.losses_of("discriminator", BATCH, outputs)
    expected = 0.5 * sum(
        squared(network(real), 1.0) + squared(network(fake), 0.0)
        for network, real, fake in ((discriminator, Y, fake_y), (inverse, X, fake_x))
    )
    assert float(losses["discriminator_loss"]) == pytest.approx(expected, rel=1e-5)
    adversarial = squared(discriminator(fake_y), 1.0) + squared(inverse(fake_x), 1.0)
    back = np.abs(np.asarray(model.inverse_generator(fake_y)) - X).mean()
    forth = np.abs(np.asarray(model.generator(fake_x)) - Y).mean()
    losses = model.losses_of("generator", BATCH, outputs)
    expected = adversarial + 10.0 * (back + forth)
    assert float(losses["generator_loss"]) == pytest.approx(expected, rel=1e-5)


def test_identity_weighs_half_as_much_as_the_cycle():
    model, y = create(identity=True, source_channels=3), tf.constant(Y)
    terms = model.losses_of("generator", (-y, y), model.forward((-y, y)))
    kept = np.abs(np.asarray(model.generator(Y)) - Y).mean()
    kept += np.abs(np.asarray(model.inverse_generator(-Y)) + Y).mean()
    assert float(terms["generator_identity"]) == pytest.approx(kept, rel=1e-5)
    assert model.loss_weights["generator_identity"] * 2 == model.loss_weights["generator_cycle"]


def test_both_cycle_losses_have_gradients_in_both_generators(model):
    """The gradient of each cycle loss reaches the weights of G and of F (eq. 2)."""
    for cycled, real in (("x_cycled", X), ("y_cycled", Y)):
        with tf.GradientTape() as tape:
            outputs = model.forward(BATCH)
            loss = tf.reduce_mean(tf.abs(outputs[cycled] - real))
        found = tape.gradient(loss, model.variables_of("generator"))
        assert all(gradient is not None for gradient in found)


@pytest.mark.thorough
def test_the_discriminators_see_the_image_pool_which_is_saved_with_the_model(tmp_path):
    model = create(pool_size=4)
    model.fit(X, Y, batch_size=4, verbose=0)
    first = model.pool.kept[0].numpy()
    assert int(model.pool.count) == 4 and np.abs(first).max() > 0.0
    swapped = 0
    for _ in range(3):
        old, outputs = model.pool.kept[0].numpy(), RNG.normal(size=Y.shape).astype("float32")
        pooled = np.asarray(model.pool(tf.constant(outputs), training=True))
        past = [any(np.array_equal(image, one) for one in old) for image in pooled]
        assert past == [not np.array_equal(a, b) for a, b in zip(pooled, outputs, strict=True)]
        swapped += sum(past)
    assert swapped > 0  # of 12 by a coin each
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.pool.kept[0], model.pool.kept[0])


def test_evaluation_does_not_change_the_image_pool():
    model = create()
    model.evaluate(X, Y, verbose=0)
    assert int(model.pool.count) == 0


def test_it_translates_both_ways_images_of_any_height_and_width(model, tmp_path):
    x = RNG.uniform(-1.0, 1.0, (2, 21, 9, 1)).astype("float32")
    y = model.translate(x)
    assert y.shape == (2, 21, 9, 3)
    assert model.translate_back(y).shape == (2, 21, 9, 1)
    np.testing.assert_allclose(model.translate(X), model(X), atol=1e-6)
    served = tf.saved_model.load(export.save(model, tmp_path / "1")).signatures
    found = served["translate_back"](source=tf.constant(y))["images"]
    np.testing.assert_allclose(found, model.translate_back(y), atol=1e-5)


@pytest.mark.slow
def test_it_learns_the_colours_without_pairs():
    """A dark or bright half of x is a red or blue half of y, and four of five are dark."""
    model = zoo.CycleGAN(image_shape=(8, 8, 3), **(SIZES | {"pool_size": 8}))
    model.compile(optimizers=model.adam(2e-3))
    rng = np.random.default_rng(0)
    x, y = np.zeros((2, 480, 8, 8, 1), "float32")
    for images in (x, y):
        images[:, :, 4:] = np.where(rng.random((480, 1, 1, 1)) < 0.8, -0.8, 0.8)
    model.fit(x, coloured(y), batch_size=8, epochs=8, verbose=0)
    assert np.abs(model.translate(x[:32]) - coloured(x[:32])).mean() < 0.15


def coloured(x):
    return np.concatenate([-x, 0.0 * x, x], axis=-1)


@pytest.mark.parametrize("sides", [(1, 1), (3, 50), (2, 7)])
@pytest.mark.parametrize("stages, outer_kernel", [(0, 7), (1, 4), (2, 3)])
def test_images_too_small_for_one_reflection_are_reflected_repeatedly(sides, stages, outer_kernel):
    model = create(stages=stages, outer_kernel=outer_kernel)
    x = RNG.uniform(-1.0, 1.0, (2, *sides, 1)).astype("float32")
    assert model.translate(x).shape == (2, *sides, 3)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"image_shape": (17, 16, 3)}, "sides that are multiples of 2 for stages=1"),
        ({"image_shape": (2,)}, r"`image_shape` should be \(height, width, channels\)"),
        ({"image_shape": (16, 16, 3), "identity": True}, "`identity` should be False"),
        ({"blocks": 0}, "`blocks` should be an integer from 1"),
        ({"pool_size": -1}, "`pool_size` should be an integer from 0"),
    ],
)
def test_invalid_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        zoo.CycleGAN(**(SIZES | arguments))


def test_translate_back_refuses_images_that_are_not_like_y(model):
    with pytest.raises(ValueError, match="`x` should have shape"):
        model.translate_back(X)
