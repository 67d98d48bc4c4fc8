import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from trainers.metrics import memorisation, nearest, nearest_neighbour_accuracy, neighbours


@pytest.fixture
def sets():
    rng = np.random.default_rng(0)
    return rng.standard_normal((120, 4)), rng.standard_normal((70, 4)) + 0.5


@pytest.mark.parametrize("offset", [0.0, 1e6])
@pytest.mark.parametrize("k", [1, 3])
def test_neighbours_are_scikit_learns_in_their_order(sets, offset, k):
    points, samples = (offset + x for x in sets)
    found = neighbours.neighbours(points, samples, k)
    expected = NearestNeighbors(n_neighbors=k, algorithm="kd_tree").fit(points).kneighbors(samples)
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-9)
    np.testing.assert_array_equal(found[1], expected[1])


@pytest.mark.parametrize("pairs", [1, 200, 1000])
def test_neighbours_do_not_depend_on_how_many_distances_are_held_at_once(sets, monkeypatch, pairs):
    whole = neighbours.neighbours(*sets, 3), nearest_neighbour_accuracy(*sets)
    monkeypatch.setattr(neighbours, "PAIRS", pairs)
    parts = neighbours.neighbours(*sets, 3), nearest_neighbour_accuracy(*sets)
    np.testing.assert_array_equal(whole[0], parts[0])
    assert whole[1] == parts[1]


def test_no_more_distances_are_held_at_once_than_allowed(monkeypatch):
    monkeypatch.setattr(neighbours, "PAIRS", 1000)
    x, y = np.zeros((130, 4)), np.zeros((70, 4))
    sizes = [squared.size for _, squared in neighbours.squared_distances(x, y)]
    assert max(sizes) <= 1000 and sum(sizes) == 130 * 70


def test_a_copy_is_at_distance_0_from_what_it_was_copied_from():
    train = np.random.default_rng(0).uniform(-1, 1, (50, 8, 8, 1)).astype("float32")
    distances, indices = nearest(train, train[[7, 3, 40]])
    assert distances.tolist() == [0.0, 0.0, 0.0]
    assert indices.tolist() == [7, 3, 40]


def test_the_accuracy_is_scikit_learns_with_each_sample_left_out(sets):
    real, fake = sets[0][:70], sets[1]
    both, kind = np.concatenate([real, fake]), np.repeat([0, 1], 70)
    right = []
    for i in range(140):
        others = np.arange(140) != i
        classifier = KNeighborsClassifier(1).fit(both[others], kind[others])
        right.append(classifier.predict(both[i : i + 1])[0] == kind[i])
    expected = np.mean(right[:70]), np.mean(right[70:])
    assert nearest_neighbour_accuracy(real, fake) == pytest.approx(expected)


def test_equal_distributions_are_told_apart_half_of_the_time_also_from_sets_of_two_sizes():
    rng = np.random.default_rng(0)
    real, fake = rng.standard_normal((4000, 2)), rng.standard_normal((1000, 2))
    assert nearest_neighbour_accuracy(real, fake) == pytest.approx((0.5, 0.5), abs=0.05)


def test_a_missed_mode_lowers_the_accuracy_on_real_samples_only():
    rng = np.random.default_rng(0)
    copies = rng.standard_normal((300, 2))
    assert nearest_neighbour_accuracy(copies, copies) == (0.0, 0.0)
    real = copies + 50.0 * (np.arange(300) % 2)[:, None]
    of_real, of_fake = nearest_neighbour_accuracy(real, rng.standard_normal((300, 2)))
    assert 0.6 < of_real < 0.75 and 0.6 < of_fake < 0.75  # ½ + ½ · ⅓; and ⅔
    far = nearest_neighbour_accuracy(copies, copies + 99.0)
    assert far == (1.0, 1.0)


@pytest.fixture
def manifold():
    return np.random.default_rng(0).standard_normal((3, 200, 3))  # train, held out, a good sampler


def test_a_good_sampler_is_as_far_from_the_training_set_as_other_real_samples_are(manifold):
    assert memorisation(*manifold) == pytest.approx(1.0, abs=0.15)


def test_a_sampler_that_copies_with_a_little_noise_has_a_small_ratio(manifold):
    train, held_out, noise = manifold
    chosen = np.arange(200)[::-1]
    fake = train[chosen] + 0.01 * noise
    assert memorisation(train, held_out, fake) < 0.1
    assert memorisation(train, held_out, train) == 0.0
    np.testing.assert_array_equal(nearest(train, fake)[1], chosen)


def test_the_ratio_is_of_medians_which_outliers_do_not_move():
    assert memorisation([[0.0]], [[1.0], [2.0], [99.0]], [[4.0], [-4.0], [1e6]]) == 2.0


def test_held_out_samples_that_are_none_are_refused(manifold):
    train = manifold[0]
    with pytest.raises(ValueError, match="`held_out` should hold other samples than `train`"):
        memorisation(train, train[:50], train)
    with pytest.raises(ValueError, match=r"train\.shape=\(200, 3\), samples\.shape=\(5, 4\)"):
        nearest(train, np.zeros((5, 4)))
