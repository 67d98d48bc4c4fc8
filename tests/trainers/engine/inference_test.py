import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from keras.callbacks import Callback
from keras.optimizers import SGD

import zoo
from tests.trainers.duel import Duel, assert_same, duel, points, stream, values
from trainers.engine.inference import predict_in_batches


class Record(Callback):
    def __init__(self, values):
        super().__init__()
        self.read, self.values = values, []

    def on_train_batch_end(self, batch, logs=None):
        self.values.append([v.numpy() for v in self.read])


def averaging(momentum=0.5):
    return {"generator": SGD(0.5, use_ema=True, ema_momentum=momentum)}


def averages_of(model):
    return model.optimizers["generator"]._model_variables_moving_average


def test_the_ema_copy_has_the_moving_average_of_the_generators_weights():
    model = duel(optimizers=averaging())
    record = Record(model.generator.trainable_variables)
    model.fit(stream(points(16)), callbacks=[record], verbose=0)
    expected = record.values[0]  # Keras' average starts at the weights after the first step
    for step in record.values[1:]:
        expected = [0.5 * a + 0.5 * v for a, v in zip(expected, step, strict=True)]
    before = [v.numpy() for v in model.variables]
    ema_model = model.averaged()
    assert ema_model is not model
    assert_same(values(ema_model.generator), expected, rtol=0, atol=1e-6)
    assert_same(values(ema_model.discriminator), values(model.discriminator))
    assert_same([v.numpy() for v in model.variables], before)
    x = points(5)
    np.testing.assert_allclose(model.predict(x, verbose=0), ema_model.generator(x), atol=1e-6)
    np.testing.assert_allclose(model.generate(5, seed=0), ema_model.generate(5, seed=0), atol=1e-6)


def test_without_averages_or_before_the_first_step_averaged_returns_the_model_itself():
    model = Duel()
    assert model.averaged() is model
    assert duel().averaged() is not None
    model = duel(optimizers=averaging())
    assert model.averaged() is model


@keras.saving.register_keras_serializable("tests")
class Subclassed(keras.Model):
    """A dense network of no known layers."""

    def __init__(self, units=1, **kwargs):
        super().__init__(**kwargs)
        self.hidden, self.last = layers.Dense(4), layers.Dense(units)
        self(np.zeros((2, 2), "float32"))

    def call(self, x, training=False):
        return self.last(self.hidden(x))


@pytest.mark.parametrize(
    ("family", "network", "call"),
    [
        ("gan", "discriminator", "features"),
        ("bigan", "encoder", "features"),
        ("bigan", "encoder", "encode"),
    ],
)
def test_what_needs_the_layers_of_a_subclassed_network_names_it(family, network, call):
    units = 1 if network == "discriminator" else 2
    model = zoo.create(family, image_shape=(2,), latent_dim=2, **{network: Subclassed(units)})
    wanted = f"`{network}` should be a functional network.* a subclassed one, Subclassed"
    with pytest.raises(ValueError, match=wanted):
        getattr(model, call)(points(3))
    assert model.generate(2).shape == (2, 2)  # needs none


def test_the_ema_copy_follows_the_training():
    model = duel(optimizers=averaging())
    model.fit(stream(points()), verbose=0)
    first = values(model.averaged())
    assert model.averaged() is model.averaged()
    model.fit(stream(points()), verbose=0)
    assert not np.array_equal(values(model.averaged())[-1], first[-1])


def count_reads_and_writes(monkeypatch):
    """Two lists that grow: sizes of what NumPy reads, and the variables that are assigned."""
    reads, writes = [], []
    tensor = next(cls for cls in type(tf.constant(0)).__mro__ if "_numpy" in vars(cls))
    numpy, assign = tensor._numpy, keras.Variable.assign
    convert_to_numpy = keras.ops.convert_to_numpy

    def read(self):
        reads.append(int(np.prod(self.shape)))
        return numpy(self)

    def convert(x):  # tensors are read through the buffer protocol, without `_numpy`
        reads.append(int(np.prod(x.shape)))
        return convert_to_numpy(x)

    def write(self, value):
        writes.append(self.path)
        return assign(self, value)

    monkeypatch.setattr(tensor, "_numpy", read)
    monkeypatch.setattr(keras.ops, "convert_to_numpy", convert)
    monkeypatch.setattr(keras.Variable, "assign", write)
    return reads, writes


def test_nothing_is_read_or_copied_between_two_calls_without_a_change(monkeypatch):
    model = zoo.create("dcgan", image_shape=(8, 8, 1), latent_dim=4, width=4)
    model.compile(optimizers=averaging())
    model.fit(stream(np.zeros((16, 8, 8, 1), "float32")), verbose=0)
    reads, writes = count_reads_and_writes(monkeypatch)
    copy = model.averaged()
    assert len(writes) >= len(copy.weights) - 2  # all but the two counters of the noise
    assert model.generator.get_weights() and max(reads) > 1  # so the counter counts
    reads.clear()
    writes.clear()
    assert model.averaged() is copy
    assert set(reads) <= {1}  # the optimizers' numbers of steps
    assert writes == []


def test_where_memory_has_no_address_values_are_compared(monkeypatch):
    def refuse(tensor):
        raise tf.errors.InvalidArgumentError(None, None, "no DLPack on this device")

    monkeypatch.setattr(tf.experimental.dlpack, "to_dlpack", refuse)
    model = duel(optimizers=averaging())
    model.fit(stream(points()), verbose=0)
    copy = model.averaged()
    reads, writes = count_reads_and_writes(monkeypatch)
    assert model.averaged() is copy
    assert max(reads) > 1 and writes == []
    model.discriminator.weights[0].assign_add(np.ones(model.discriminator.weights[0].shape))
    assert_same(values(model.averaged().discriminator), values(model.discriminator))


@pytest.mark.parametrize(
    "change",
    [
        lambda model: model.discriminator.weights[0].assign_add(
            np.ones(model.discriminator.weights[0].shape)
        ),
        lambda model: model.discriminator.weights[0].value.assign(
            np.full(model.discriminator.weights[0].shape, 3.0)
        ),
        lambda model: model.set_weights([w + 1.0 for w in model.get_weights()]),
        lambda model: model.generator.set_weights([w + 1.0 for w in model.generator.get_weights()]),
        lambda model: averages_of(model)[0].assign_add(np.ones((2, 3))),
        lambda model: model.train_on_batch(points(8)),
        lambda model: model.train_step((tf.constant(points(8)),)),
        lambda model: model.fit(stream(points(8)), callbacks=[Assign()], verbose=0),
    ],
    ids=[
        "assign_add",
        "assign of TensorFlow",
        "set_weights",
        "set_weights of a network",
        "an average",
        "train_on_batch",
        "train_step",
        "a callback",
    ],
)
def test_every_assignment_is_noticed(change):
    """The copy holds the averages of now, and of all else the weights of now."""
    model = duel(optimizers=averaging())
    model.fit(stream(points()), verbose=0)
    copy = model.averaged()
    for _ in range(2):  # the second change finds the copy of the first
        change(model)
        assert model.averaged() is copy
        assert_same(values(copy.generator), [v.numpy() for v in averages_of(model)])
        assert_same(values(copy.discriminator), values(model.discriminator))


class Assign(Callback):
    def on_train_end(self, logs=None):
        for variable in self.model.weights[:2]:
            variable.assign(variable + 1)


def test_other_optimizers_are_noticed():
    model = duel(optimizers=averaging())
    model.fit(stream(points()), verbose=0)
    model.averaged()
    model.compile(optimizers=averaging(0.9))
    assert model.averaged() is model
    model.fit(stream(points(8)), verbose=0)
    assert_same(values(model.averaged().generator), [v.numpy() for v in averages_of(model)])


@pytest.mark.parametrize("jit_compile", [False, True])
def test_the_copy_stays_as_it_is_while_the_model_is_trained(jit_compile):
    """Copy and model share memory until one of them is assigned."""
    model = duel(optimizers=averaging())
    model.compile(optimizers=averaging(), jit_compile=jit_compile)
    model.fit(stream(points()), verbose=0)
    copy = model.averaged()
    before, trained = values(copy), values(model)
    model.fit(stream(points(seed=1)), verbose=0)
    assert_same(values(copy), before)
    assert not np.array_equal(values(model)[0], trained[0])
    trained = values(model)
    copy.discriminator.weights[0].assign_add(np.ones(copy.discriminator.weights[0].shape))
    assert_same(values(model), trained)


def test_averages_are_saved_and_loaded(tmp_path):
    model = duel(optimizers=averaging())
    model.fit(stream(points()), verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert_same(values(loaded.averaged()), values(model.averaged()))


def test_the_averages_shown_follow_weights_that_are_loaded(tmp_path):
    one, other = duel(optimizers=averaging()), duel(optimizers=averaging())
    for model in (one, other):
        model.fit(stream(points()), verbose=0)
        model.averaged()
    other.save_weights(tmp_path / "other.weights.h5")
    one.load_weights(tmp_path / "other.weights.h5")
    assert_same(values(one.averaged()), values(other.averaged()))


def test_batch_statistics_are_estimated_anew_for_the_averages():
    model = zoo.DCGAN(image_shape=(8, 8, 1), latent_dim=4, width=4)
    model.compile(optimizers=averaging())
    x = np.zeros((16, 8, 8, 1), "float32")
    model.fit(stream(x), verbose=0)
    before = [v.numpy() for v in model.variables]
    ema_model = model.averaged()
    assert_same([v.numpy() for v in model.variables], before)
    dense = next(n for n in ema_model.generator.layers if isinstance(n, layers.Dense))
    norm = next(n for n in ema_model.generator.layers if isinstance(n, layers.BatchNormalization))
    # z ~ U(-1, 1) has variance 1/3; each channel has its places' units.
    variance = (dense.kernel.numpy() ** 2).sum(axis=0) / 3.0
    expected = variance.reshape(-1, norm.moving_variance.shape[0]).mean(axis=0)
    np.testing.assert_allclose(norm.moving_variance, expected, rtol=0.2)
    np.testing.assert_allclose(norm.moving_mean, 0.0, atol=0.1 * np.sqrt(expected.max()))
    assert norm.momentum == 0.9


def test_many_inputs_pass_a_network_batch_by_batch():
    x = [points(7), points(7, seed=1)]
    a, b = keras.Input((2,)), keras.Input((2,))
    two = keras.Model([a, b], {"sum": layers.Add()([a, b]), "first": layers.Identity()(a)})
    found = predict_in_batches(two, x, batch_size=3)
    np.testing.assert_allclose(found["sum"], x[0] + x[1], atol=1e-6)
    np.testing.assert_array_equal(found["first"], x[0])


def test_truncated_latents_are_nearer_to_their_mean():
    """Of a generator that shows its latents: N(0, I) about 0, half as far."""
    z = keras.Input((4,), name="latent")
    model = zoo.GAN((4,), 4, generator=keras.Model(z, layers.Identity()(z)), width=8)
    whole, half, none = (model.generate(200, seed=3, truncation=t) for t in (1.0, 0.5, 0.0))
    np.testing.assert_allclose(half, whole / 2.0, atol=0.03)
    np.testing.assert_allclose(none, 0.0, atol=0.05)


@pytest.mark.parametrize("truncation", [-0.1, 1.5, "half"])
def test_a_truncation_that_is_no_share_is_refused(truncation):
    model = zoo.create("gan", image_shape=(2,), width=8)
    with pytest.raises(ValueError, match="`truncation` should be from 0 to 1. Received: "):
        model.generate(3, truncation=truncation)


IMAGES = {"image_shape": (8, 8, 1), "width": 4}
METHODS = {  # family and its arguments -> the methods that take images
    "dcgan": (IMAGES, ["features"]),
    "vaegan": (IMAGES, ["encode", "reconstruct", "features"]),
    "avb": (IMAGES, ["encode", "reconstruct"]),
    "acgan": (IMAGES | {"classes": 3}, ["classify"]),
    "cyclegan": (
        IMAGES | {"stages": 1, "blocks": 1, "patch_stages": 1, "source_channels": 1},
        ["translate", "translate_back"],
    ),
    "srgan": (IMAGES | {"blocks": 1, "factor": 2}, ["enlarge", "features"]),
}


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("value, text", [(255.0, "255"), (np.nan, "nan"), (-np.inf, "-inf")])
def test_images_out_of_range_are_refused_at_inference_as_fit_does(name, value, text):
    sizes, methods = METHODS[name]
    model = zoo.create(name, **sizes)
    x = np.zeros((2, 8, 8, 1), "float32")
    for method in methods:
        getattr(model, method)(x + 1.005)  # resizing overshoots a little
        with pytest.raises(ValueError) as caught:
            getattr(model, method)(x + value)
        assert str(caught.value) == (
            f"`x` should hold values in [-1.0, 1.0]. Received values from {text} to {text}. "
            "Divide pixels of 0 … 255 by 127.5 and subtract 1."
        )


def test_small_images_of_bicubic_interpolation_are_enlarged_unclipped():
    """A bright pixel on black of a chessboard overshoots by a third at most."""
    model = zoo.create("srgan", **METHODS["srgan"][0])
    x = np.full((1, 8, 8, 1), 1.36, "float32")
    assert model.enlarge(x).shape == (1, 16, 16, 1)


def test_other_ranges_are_those_of_the_family():
    voxels = zoo.create("gan3d", image_shape=(8, 8, 8, 1), latent_dim=4, width=4)
    with pytest.raises(ValueError, match=r"in \[0.0, 1.0\]. Received values from -1 to -1. Empty"):
        voxels.features(-np.ones((2, 8, 8, 8, 1), "float32"))
    points = zoo.create("gan", image_shape=(2,), width=8)
    points.features(np.full((3, 2), 300.0))
    with pytest.raises(ValueError, match="`x` should hold finite values. Received values from nan"):
        points.features(np.full((3, 2), np.nan))


@pytest.mark.parametrize(
    "argument, sentence",
    [
        ({"seed": 1.5}, "`seed` should be an integer of 64 bits. Received: seed=1.5"),
        ({"seed": "a"}, "`seed` should be an integer of 64 bits. Received: seed='a'"),
        ({"batch_size": 0}, "`batch_size` should be an integer from 1. Received: batch_size=0"),
        ({"truncation": np.float32("nan")}, "`truncation` should be from 0 to 1. Received: "),
    ],
)
def test_numbers_that_make_no_sense_are_refused_by_generate(argument, sentence):
    with pytest.raises(ValueError, match=f"^{sentence}"):
        zoo.create("gan", image_shape=(2,), width=8).generate(3, **argument)


def test_a_seed_of_numpy_gives_the_samples_of_the_number():
    model = zoo.create("gan", image_shape=(2,), width=8)
    np.testing.assert_array_equal(model.generate(3, seed=np.int64(5)), model.generate(3, seed=5))


def test_a_condition_that_a_family_does_not_have_is_refused_by_name():
    model = zoo.create("gan", image_shape=(2,), width=8)
    sentence = "`generate` of GAN takes n, seed, batch_size, truncation. Received: labels."
    with pytest.raises(TypeError, match=sentence):
        model.generate(2, labels=1)
