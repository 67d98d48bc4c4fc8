import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import zoo
from zoo.networks import conv, mlp
from zoo.networks.label_conditioning import append, one_hot

SHAPE = (8, 8, 1)


@pytest.fixture(params=["paper", "fully connected", "points"])
def model(request):
    arguments = {
        "paper": {"image_shape": SHAPE},
        "fully connected": {"image_shape": SHAPE, "width": 8},
        "points": {"image_shape": (2,), "width": 8},
    }
    built = zoo.CGAN(classes=3, latent_dim=4, **arguments[request.param])
    built.compile()
    return built


def test_the_label_changes_the_samples(model):
    z = np.tile(model.latents(1), (3, 1))
    samples = np.asarray(model([z, np.arange(3)]))
    for a, b in ((0, 1), (1, 2), (0, 2)):
        assert not np.allclose(samples[a], samples[b], atol=1e-4)


def test_the_label_changes_the_logits(model):
    x = np.zeros((3, *model.image_shape), "float32")
    logits = np.asarray(model.discriminator([x, np.arange(3)])).ravel()
    assert len(np.unique(logits)) == 3


def test_the_generators_loss_has_a_gradient_in_every_entry_of_the_label(model, monkeypatch):
    """From the loss through the discriminator to the one-hot code that is the generator's input."""
    (one_hot_of,) = (n for n in model.generator._operations if "one_hot" in n.name.lower())
    y = tf.constant([0, 1, 2, 0, 1, 2])
    code = tf.one_hot(y, 3)
    monkeypatch.setattr(one_hot_of, "call", lambda labels: code)
    with tf.GradientTape() as tape:
        tape.watch(code)
        fake = model.generator([model.latents(6), y])
        loss = model.generator_objective(model.discriminator, None, fake, condition=y)
    gradient = tape.gradient(loss, code)
    assert gradient.shape == (6, 3)
    assert (np.abs(gradient).max(axis=0) > 0).all()


def test_real_samples_keep_their_labels_and_fakes_share_them(model):
    y = tf.constant([2, 0, 1])
    outputs = model.forward((tf.zeros((3, *model.image_shape)), y))
    np.testing.assert_array_equal(outputs["condition"], y)
    assert outputs["fake"].shape == outputs["real"].shape


def test_by_default_labels_cycle_through_the_classes(model):
    _, labels = model.draw(7)
    np.testing.assert_array_equal(labels, [0, 1, 2, 0, 1, 2, 0])


@pytest.mark.parametrize("labels", [2, [2, 2, 2], np.array([2, 2, 2], "uint8")])
def test_labels_may_be_one_for_all_or_one_for_each(model, labels):
    np.testing.assert_array_equal(
        model.generate(3, seed=0, labels=labels), model.generate(3, seed=0, labels=[2, 2, 2])
    )


@pytest.mark.parametrize(
    "labels, sentence",
    [
        ([0, 1], "`labels` should be 3 class numbers, or one. Received: labels: int64 of shape"),
        ([0.0, 1.0, 2.0], "`labels` should be 3 class numbers"),
        ([[0], [1], [2]], "`labels` should be 3 class numbers"),
        ([True, False, True], "`labels` should be 3 class numbers"),
        ([0, 1, 3], "`labels` should be in 0 … 2. Received: 3$"),
        (np.array([0, 9, 7]), "`labels` should be in 0 … 2. Received: 9$"),
        (-1, "`labels` should be in 0 … 2. Received: -1$"),
    ],
)
def test_invalid_labels_are_refused(model, labels, sentence):
    with pytest.raises(ValueError, match=sentence):
        model.generate(3, labels=labels)


def test_labels_are_refused_by_families_without_classes():
    with pytest.raises(TypeError, match="labels"):
        zoo.GAN(image_shape=(2,)).generate(3, labels=[0, 1, 2])


def test_features_need_no_label_and_are_the_mean_over_the_classes(model):
    x = np.random.default_rng(0).uniform(-1, 1, (5, *model.image_shape)).astype("float32")
    last = model.discriminator.layers[-1]
    logits = model.features(x) @ last.kernel.numpy() + last.bias.numpy()
    conditioned = [model.discriminator([x, np.full(5, k)]) for k in range(3)]
    np.testing.assert_allclose(logits, np.mean(conditioned, axis=0), atol=1e-5)


def test_every_layer_of_the_convolutional_networks_is_conditioned_on_the_class():
    """As DCGAN does it: the label is appended to z, and as constant maps to every stage."""
    for hidden_dense in (False, True):
        g = conv.generator((16, 16, 1), 3, 2, classes=5, hidden_dense=hidden_dense)
        d = conv.discriminator((16, 16, 1), 2, classes=5, hidden_dense=hidden_dense)
        assert g([np.zeros((2, 3)), np.array([0, 4])]).shape == (2, 16, 16, 1)
        assert d([np.zeros((2, 16, 16, 1)), np.array([0, 4])]).shape == (2, 1)
        for network, stages in ((g, 3), (d, 3)):
            joints = [n for n in network.layers if isinstance(n, layers.Concatenate)]
            assert len(joints) == stages + hidden_dense


def test_a_code_is_appended_as_features_or_as_constant_maps():
    code = one_hot(np.array([1, 2]), 3)
    np.testing.assert_array_equal(code, [[0, 1, 0], [0, 0, 1]])
    flat = append(tf.zeros((2, 4)), code)
    np.testing.assert_array_equal(flat[:, 4:], code)
    maps = append(tf.zeros((2, 5, 6, 1)), code)
    assert maps.shape == (2, 5, 6, 4)
    np.testing.assert_array_equal(maps[:, 3, 2, 1:], code)
    np.testing.assert_array_equal(maps[..., 1:], np.broadcast_to(maps[:, :1, :1, 1:], (2, 5, 6, 3)))


def test_fully_connected_networks_are_conditioned_at_their_input():
    g = mlp.generator((2,), 4, width=8, classes=3)
    assert g.layers[-2].units == 2
    kernels = [w.shape for w in g.trainable_weights if len(w.shape) == 2]
    assert kernels[0] == (4 + 3, 8)


def test_samples_are_in_the_range_of_the_images():
    samples = zoo.CGAN(image_shape=SHAPE, classes=3).generate(6, seed=0)
    assert samples.min() >= -1.0
    assert samples.max() <= 1.0
