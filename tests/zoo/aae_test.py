import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests.zoo import families

SMALL = {"image_shape": (8, 8, 1), "width": 8}


def batch(n=6, classes=3, seed=0):
    rng = np.random.default_rng(seed)
    x = tf.constant(rng.uniform(-1, 1, (n, 8, 8, 1)).astype("float32"))
    return x, tf.constant(rng.integers(-1, classes, n).astype("int32"))


def compiled(**arguments):
    model = zoo.AAE(**(SMALL | arguments))
    model.compile()
    return model


def test_the_discriminator_sees_codes_of_the_prior_as_real_and_those_of_images_as_fake():
    model = compiled()
    x, _ = batch()
    outputs = model.forward(x)
    np.testing.assert_allclose(outputs["fake"], model.encoder(x), rtol=1e-5)
    p, q = model.discriminator(outputs["real"]), model.discriminator(outputs["fake"])
    np.testing.assert_allclose(
        model.discriminator_loss(x, outputs),
        np.log1p(np.exp(-p)).mean() + np.log1p(np.exp(q)).mean(),
        rtol=1e-5,
    )
    np.testing.assert_allclose(
        model.encoder_loss(x, outputs), np.log1p(np.exp(-q)).mean(), rtol=1e-5
    )


def test_the_autoencoder_minimises_the_squared_error_of_its_reconstruction():
    model = compiled()
    x, _ = batch()
    reconstruction = model.generator(model.encoder(x))
    expected = np.square(x - reconstruction).sum(axis=(1, 2, 3)).mean()
    found = model.autoencoder_loss(x, model.forward(x))["reconstruction"]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_encoder_is_updated_in_two_turns_by_two_optimizers():
    model = compiled()
    moved = {}
    for player in ("autoencoder", "encoder"):
        before = [v.numpy() for v in model.encoder.trainable_variables]
        model.take_turn(player, batch()[0])
        after = [v.numpy() for v in model.encoder.trainable_variables]
        moved[player] = not all(map(np.array_equal, before, after))
    assert moved == {"autoencoder": True, "encoder": True}
    steps = {p: int(o.iterations.numpy()) for p, o in model.optimizers.items()}
    assert steps == {"autoencoder": 1, "discriminator": 0, "encoder": 1}


def test_with_a_prior_of_parts_the_discriminator_gets_the_class_and_samples_of_its_part():
    model = compiled(latent_dim=2, prior="swiss_roll", classes=3)
    x, _ = batch(n=300)
    y = tf.constant([0, 1, 2] * 100)
    outputs = model.forward((x, y))
    np.testing.assert_array_equal(outputs["condition"], np.eye(4)[y])
    u = (np.linalg.norm(outputs["real"], axis=1) / 3) ** 2
    np.testing.assert_array_equal(np.clip(np.floor(u * 3 - 1e-6), 0, 2), y)


def test_for_unknown_classes_the_discriminator_gets_the_last_entry_and_samples_of_all_parts():
    model = compiled(latent_dim=2, prior="swiss_roll", classes=3)
    outputs = model.forward((batch(n=300)[0], tf.fill((300,), -1)))
    np.testing.assert_array_equal(outputs["condition"], np.tile([0, 0, 0, 1], (300, 1)))
    u = (np.linalg.norm(outputs["real"], axis=1) / 3) ** 2
    assert set(np.clip(np.floor(u * 3), 0, 2)) == {0.0, 1.0, 2.0}


def test_a_prior_of_parts_samples_the_requested_class():
    model = compiled(latent_dim=2, prior="swiss_roll", classes=3)
    u = (np.linalg.norm(model.draw(50, labels=1), axis=1) / 3) ** 2
    assert 1 / 3 - 1e-5 <= u.min() <= u.max() <= 2 / 3 + 1e-5


def test_categories_and_style_have_separate_logits():
    model = compiled(categories=3)
    outputs = model.forward(batch()[0])
    z, category = outputs["fake"]
    np.testing.assert_allclose(np.sum(category, axis=1), 1.0, rtol=1e-5)  # probabilities
    assert set(np.unique(outputs["real"][1])) == {0.0, 1.0}  # one-hot
    both = model.discriminator([z, category])
    assert both.shape == (6, 2)
    other = tf.roll(category, 1, axis=1)
    np.testing.assert_array_equal(model.discriminator([z, other])[:, 0], both[:, 0])
    assert not np.array_equal(model.discriminator([z, other])[:, 1], both[:, 1])


def test_known_labels_supervise_the_categories():
    model = compiled(categories=3, classes=3)
    x, y = batch()
    assert -1 in y.numpy()
    logits = model.encoder(x)[1].numpy()
    log_q = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    known = y.numpy() >= 0
    expected = -log_q[known, y.numpy()[known]].mean()
    terms = model.autoencoder_loss((x, y), model.forward((x, y)))
    np.testing.assert_allclose(terms["classification"], expected, rtol=1e-5)
    assert model.classify(x).shape == (6, 3)
    np.testing.assert_allclose(model.classify(x), logits, atol=1e-5)


def test_a_code_with_a_category_reconstructs_from_its_probabilities():
    model = compiled(categories=3)
    x, _ = batch()
    z, logits = model.encoder(x)
    expected = model.generator([z, tf.nn.softmax(logits)])
    np.testing.assert_allclose(model.reconstruct(x), expected, atol=1e-5)
    names = ["classify", "encode", "features", "generate", "reconstruct"]
    assert sorted(model.signatures()) == names


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        ({"prior": "gaussian"}, "`prior` should be one of"),
        ({"prior": "mixture", "latent_dim": 4}, "`prior` should be 'normal' with latent_dim=4"),
        ({"categories": 10, "classes": 3}, "`classes` should come with as many `categories`"),
        ({"classes": 3}, "`classes` should come with .* a `prior` with parts"),
        ({"categories": -1}, "`categories` should be an integer from 0"),
    ],
)
def test_invalid_arguments_are_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        zoo.AAE(**(SMALL | arguments))


def test_classify_needs_categories():
    with pytest.raises(ValueError, match="`categories` should be given"):
        zoo.AAE(**SMALL).classify(batch()[0])


def test_with_few_labels_all_but_the_classification_is_of_samples_without_one():
    model = compiled(categories=3, classes=3)
    x, _ = batch()
    y = tf.constant([2, -1, 0, -1, 1, -1])
    hidden = tf.gather(x, [1, 3, 5])
    outputs, alone = model.forward((x, y)), model.forward((hidden, tf.fill((3,), -1)))
    for found, expected in zip(outputs["fake"], alone["fake"], strict=True):
        np.testing.assert_allclose(found, np.tile(expected, (2, 1)), rtol=1e-5, atol=1e-6)
    losses, expected = (
        model.autoencoder_loss(*given)["reconstruction"]
        for given in (((x, y), outputs), ((hidden, tf.fill((3,), -1)), alone))
    )
    np.testing.assert_allclose(losses, expected, rtol=1e-5)


def test_a_label_below_minus_1_is_refused():
    model = compiled(categories=3, classes=3)
    x, _ = batch()
    with pytest.raises(ValueError, match=r"`y` should hold values in \[-1, 2\]"):
        model.fit(x.numpy(), np.full(6, -2), batch_size=6, verbose=0)


def test_a_custom_discriminator_of_codes_is_accepted():
    latent = keras.Input((5,), name="latent")
    discriminator = keras.Model(latent, keras.layers.Dense(1)(latent))
    model = zoo.AAE(**SMALL, latent_dim=5, discriminator=discriminator)
    model.compile()
    model.fit(families.arrays(model)[0], batch_size=4, verbose=0)
    with pytest.raises(ValueError, match="`discriminator` should fit latent_dim=4"):
        zoo.AAE(**SMALL, latent_dim=4, discriminator=discriminator)


@pytest.mark.parametrize(
    "arguments", [{"labels": 1}, {"categories": 1}], ids=["labels", "categories"]
)
def test_labels_and_categories_that_the_model_does_not_have_are_refused(arguments):
    with pytest.raises(ValueError, match="should be None: the model has none"):
        zoo.AAE(**SMALL).generate(3, **arguments)


def test_with_classes_and_categories_both_arguments_select_the_class():
    model = zoo.AAE(**SMALL, classes=3, categories=3)
    for arguments in ({"labels": 1}, {"categories": 1}):
        np.testing.assert_array_equal(model.draw(2, **arguments)[1], [[0, 1, 0], [0, 1, 0]])
