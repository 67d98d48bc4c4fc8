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
    made = model.forward(x)
    np.testing.assert_allclose(made["fake"], model.encoder(x), rtol=1e-5)
    p, q = model.discriminator(made["real"]), model.discriminator(made["fake"])
    np.testing.assert_allclose(
        model.discriminator_loss(x, made),
        np.log1p(np.exp(-p)).mean() + np.log1p(np.exp(q)).mean(),
        rtol=1e-5,
    )
    np.testing.assert_allclose(model.encoder_loss(x, made), np.log1p(np.exp(-q)).mean(), rtol=1e-5)


def test_the_autoencoder_minimises_the_squared_error_of_its_reconstruction():
    model = compiled()
    x, _ = batch()
    again = model.generator(model.encoder(x))
    expected = np.square(x - again).sum(axis=(1, 2, 3)).mean()
    found = model.autoencoder_loss(x, model.forward(x))["reconstruction"]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_encoder_moves_in_two_turns_with_two_optimizers():
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


def test_a_shaped_prior_shows_the_judge_the_class_and_draws_the_part_of_it():
    model = compiled(latent_dim=2, prior="swiss_roll", classes=3)
    x, _ = batch(n=300)
    y = tf.constant([0, 1, 2] * 100)
    made = model.forward((x, y))
    np.testing.assert_array_equal(made["condition"], np.eye(4)[y])
    u = (np.linalg.norm(made["real"], axis=1) / 3) ** 2
    np.testing.assert_array_equal(np.clip(np.floor(u * 3 - 1e-6), 0, 2), y)


def test_where_the_class_is_not_known_the_judge_is_told_so_and_the_prior_is_whole():
    model = compiled(latent_dim=2, prior="swiss_roll", classes=3)
    made = model.forward((batch(n=300)[0], tf.fill((300,), -1)))
    np.testing.assert_array_equal(made["condition"], np.tile([0, 0, 0, 1], (300, 1)))
    u = (np.linalg.norm(made["real"], axis=1) / 3) ** 2
    assert set(np.clip(np.floor(u * 3), 0, 2)) == {0.0, 1.0, 2.0}


def test_a_shaped_prior_draws_the_class_that_is_asked_for():
    model = compiled(latent_dim=2, prior="swiss_roll", classes=3)
    u = (np.linalg.norm(model.draw(50, labels=1), axis=1) / 3) ** 2
    assert 1 / 3 - 1e-5 <= u.min() <= u.max() <= 2 / 3 + 1e-5


def test_categories_are_judged_beside_the_style_by_a_logit_of_their_own():
    model = compiled(categories=3)
    made = model.forward(batch()[0])
    z, category = made["fake"]
    np.testing.assert_allclose(np.sum(category, axis=1), 1.0, rtol=1e-5)  # probabilities
    assert set(np.unique(made["real"][1])) == {0.0, 1.0}  # one-hot
    both = model.discriminator([z, category])
    assert both.shape == (6, 2)
    other = tf.roll(category, 1, axis=1)
    np.testing.assert_array_equal(model.discriminator([z, other])[:, 0], both[:, 0])
    assert not np.array_equal(model.discriminator([z, other])[:, 1], both[:, 1])


def test_few_labels_name_the_categories():
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


def test_a_code_with_a_category_reconstructs_by_its_probabilities():
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
        ({"classes": 3}, "`classes` should come with .* a `prior` of parts"),
        ({"categories": -1}, "`categories` should be an integer from 0"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        zoo.AAE(**(SMALL | arguments))


def test_without_categories_nothing_is_classified():
    with pytest.raises(ValueError, match="`categories` should be given"):
        zoo.AAE(**SMALL).classify(batch()[0])


def test_a_label_below_minus_1_is_refused():
    model = compiled(categories=3, classes=3)
    x, _ = batch()
    with pytest.raises(ValueError, match=r"`y` should hold values in \[-1, 2\]"):
        model.fit(x.numpy(), np.full(6, -2), batch_size=6, verbose=0)


def test_a_judge_of_codes_may_be_given():
    latent = keras.Input((5,), name="latent")
    judge = keras.Model(latent, keras.layers.Dense(1)(latent))
    model = zoo.AAE(**SMALL, latent_dim=5, discriminator=judge)
    model.compile()
    model.fit(families.arrays(model)[0], batch_size=4, verbose=0)
    with pytest.raises(ValueError, match="`discriminator` should fit latent_dim=4"):
        zoo.AAE(**SMALL, latent_dim=4, discriminator=judge)


@pytest.mark.parametrize("asked", [{"labels": 1}, {"categories": 1}], ids=["labels", "categories"])
def test_what_the_model_does_not_have_is_not_asked_of_it(asked):
    with pytest.raises(ValueError, match="should be None: there are none"):
        zoo.AAE(**SMALL).generate(3, **asked)


def test_of_classes_with_categories_either_name_asks_for_one():
    model = zoo.AAE(**SMALL, classes=3, categories=3)
    for asked in ({"labels": 1}, {"categories": 1}):
        np.testing.assert_array_equal(model.draw(2, **asked)[1], [[0, 1, 0], [0, 1, 0]])
