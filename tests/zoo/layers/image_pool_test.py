import keras
import numpy as np
import pytest
import tensorflow as tf

from trainers import noise
from zoo.layers import ImagePool


def numbered(first, n):
    """n images of one pixel each, which hold first, first + 1, …"""
    return np.arange(first, first + n, dtype="float32").reshape(n, 1, 1, 1)


def pooled(pool, batches=200, n=3, seed=0):
    """Outputs for batches of images that are numbered from 0."""
    step = tf.function(lambda x: pool(x, training=True))
    found = []
    for i in range(batches):
        with noise.stream(seed, i):
            found.append(step(tf.constant(numbered(i * n, n))).numpy().ravel())
    return np.array(found)


def test_images_are_returned_unchanged_until_the_pool_is_full():
    found = pooled(ImagePool(10), batches=3)
    np.testing.assert_array_equal(found, np.arange(9).reshape(3, 3))


def test_half_of_later_images_are_exchanged_for_earlier_ones():
    pool = ImagePool(10)
    step = tf.function(lambda x: pool(x, training=True))
    found = np.array([step(tf.constant(numbered(i * 3, 3))).numpy().ravel() for i in range(200)])
    sent = np.arange(600).reshape(200, 3)
    late = found[4:]
    exchanged = (late != sent[4:]).mean()
    assert exchanged == pytest.approx(0.5, abs=0.07)
    assert (late <= sent[4:]).all()
    earlier = late != sent[4:]
    assert (late[earlier] < np.repeat(sent[4:, :1], 3, axis=1)[earlier]).all()  # of batches before


def test_no_image_is_returned_twice_in_a_batch_or_twice_by_exchange():
    pool = ImagePool(10)
    step = tf.function(lambda x: pool(x, training=True))
    found = np.array([step(tf.constant(numbered(i * 3, 3))).numpy().ravel() for i in range(300)])
    assert all(len(set(batch)) == 3 for batch in found)
    # The first 10 were returned when they were stored and may be once more; others once.
    values, counts = np.unique(found, return_counts=True)
    assert counts[values >= 10].max() == 1
    assert counts[values < 10].max() <= 2


def test_the_pool_holds_distinct_images():
    pool = ImagePool(10)
    step = tf.function(lambda x: pool(x, training=True))
    for i in range(50):
        step(tf.constant(numbered(i * 3, 3)))
    held = pool.kept[0].numpy().ravel()
    assert len(set(held)) == 10
    assert held.max() < 150


def test_in_a_batch_larger_than_the_pool_at_most_size_images_are_exchanged():
    pool = ImagePool(4)
    for i in range(5):
        found = pool(numbered(i * 9, 9), training=True).numpy().ravel()
        assert (found != np.arange(i * 9, i * 9 + 9)).sum() <= 4
        assert len(set(found)) == 9


def test_pairs_stay_pairs():
    pool = ImagePool(5)
    for i in range(30):
        x, y = pool([numbered(i * 3, 3), 1000.0 + numbered(i * 3, 3)], training=True)
        np.testing.assert_array_equal(y - x, 1000.0)


def test_size_0_and_calls_at_inference_change_nothing():
    x = numbered(0, 3)
    np.testing.assert_array_equal(ImagePool(0)(x, training=True), x)
    pool = ImagePool(2)
    for i in range(5):
        np.testing.assert_array_equal(pool(numbered(i * 3, 3)), numbered(i * 3, 3))
    assert int(pool.count) == 0


def test_no_gradient_flows_into_stored_images():
    pool = ImagePool(3)
    pool(numbered(0, 3), training=True)
    x = tf.constant(numbered(10, 3))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = pool(x, training=True)
    gradient = tape.gradient(y, x).numpy().ravel()
    np.testing.assert_array_equal(gradient, (y.numpy() >= 10.0).ravel())


def test_a_loaded_pool_continues_as_the_saved_one(tmp_path):
    inputs = keras.Input((1, 1, 1), batch_size=3)
    model = keras.Model(inputs, ImagePool(5)(inputs))
    for i in range(4):
        model(numbered(i * 3, 3), training=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    found = []
    for one in (model, loaded):
        with noise.stream(7):
            found.append(one(numbered(100, 3), training=True).numpy())
    np.testing.assert_array_equal(*found)


def test_it_compiles_under_xla():
    pool = ImagePool(4)
    pool.build((3, 1, 1, 1))
    step = tf.function(lambda x: pool(x, training=True), jit_compile=True)
    found = [step(tf.constant(numbered(i * 3, 3))).numpy().ravel() for i in range(20)]
    assert all(len(set(batch)) == 3 for batch in found)


@pytest.mark.parametrize("nest", [lambda x: x, lambda x: [x, x + 1.0], lambda x: {"x": x}])
def test_structures_shapes_and_dtypes_are_kept(nest):
    images = nest(numbered(0, 3))
    for policy in ("float32", "mixed_bfloat16"):
        pool = ImagePool(2, dtype=policy)
        for _ in range(3):
            found = pool(images, training=True)
        shapes = keras.tree.map_structure(lambda x: tuple(x.shape), images)
        assert keras.tree.map_shape_structure(tuple, pool.compute_output_shape(shapes)) == shapes
        keras.tree.assert_same_structure(found, images)
        for y in keras.tree.flatten(found):
            assert tuple(y.shape) == (3, 1, 1, 1)
            assert y.dtype == policy.removeprefix("mixed_")


def test_inside_a_stateless_scope_the_pool_is_not_changed():
    pool = ImagePool(2)
    pool(numbered(0, 3), training=True)
    kept = pool.kept[0].numpy()
    with keras.StatelessScope([(v, v.value) for v in pool.variables]):
        for i in range(1, 9):
            pool(numbered(3 * i, 3), training=True)
    np.testing.assert_array_equal(pool.kept[0], kept)


def test_a_negative_size_is_refused():
    with pytest.raises(ValueError, match="`size` should not be negative. Received: size=-1"):
        ImagePool(-1)
