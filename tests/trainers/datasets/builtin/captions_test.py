"""A caption describes the shape in its image; box and keypoints locate it."""

import numpy as np
import pytest

from trainers.datasets.builtin import captions, shapes

AXIS = (np.arange(32) + 0.5) / 32


@pytest.fixture(scope="module")
def samples(read):
    return read("captions", "test", 1000)


def lit(x):
    """Where a pixel is of the shape, more or less: it is no longer grey."""
    return np.ptp(x.astype(int), axis=-1) > 24


def test_sentences_follow_the_grammar_and_state_the_factors(samples):
    factors = samples.factors
    for row, sentence in enumerate(factors["sentence"]):
        words = sentence.split()
        assert words[0] == "a" and words[4:6] == ["at", "the"]
        assert words[1] == ("small", "large")[factors["size"][row]]
        assert words[2] == ("red", "green", "blue", "yellow")[factors["colour"][row]]
        assert words[3] == ("square", "ellipse", "heart", "triangle")[factors["shape"][row]]
        places = ("top left", "top right", "bottom left", "bottom right", "centre")
        assert " ".join(words[6:]) == places[factors["place"][row]]


def test_tokens_are_the_words_in_their_order(samples):
    assert len(captions.VOCABULARY) == len(set(captions.VOCABULARY)) == 19
    assert samples.y.max() < len(captions.VOCABULARY)
    for tokens, sentence in zip(samples.y, samples.factors["sentence"], strict=True):
        assert captions.decode(tokens) == sentence
        np.testing.assert_array_equal(captions.encode(str(sentence)), tokens)


def test_words_that_are_not_known_are_refused():
    for text in ("a small pink heart at the centre", "a " * 9):
        with pytest.raises(ValueError, match="`text` should be at most 8 of the words a small"):
            captions.encode(text)


def test_four_pairs_of_colour_and_shape_stand_in_unseen_only(read):
    def pairs(split):
        factors = read("captions", split, 1000).factors
        return set(zip(factors["colour"].tolist(), factors["shape"].tolist(), strict=True))

    assert len(pairs("train")) == 12 and pairs("train") == pairs("test")
    assert len(pairs("unseen")) == 4 and not pairs("unseen") & pairs("train")
    colors, kinds = zip(*pairs("unseen"), strict=True)
    assert sorted(colors) == sorted(kinds) == [0, 1, 2, 3]


def test_all_values_of_all_words_are_common(samples):
    for name, count in (("shape", 4), ("colour", 4), ("size", 2), ("place", 5)):
        shares = np.bincount(samples.factors[name], minlength=count) / len(samples.x)
        np.testing.assert_allclose(shares, 1 / count, atol=0.06)


def test_the_box_holds_every_pixel_of_the_shape_and_fits(samples):
    overlap = []
    for x, box in zip(samples.x, samples.factors["box"], strict=True):
        rows, columns = np.nonzero(lit(x))
        found = np.array([rows.min(), columns.min(), rows.max() + 1, columns.max() + 1])
        top, left, bottom, right = box * 32
        # a pixel is lit where a fine one is: up to half of one beyond the outline
        assert found[0] >= np.floor(top - 0.5) and found[1] >= np.floor(left - 0.5)
        assert found[2] <= np.ceil(bottom + 0.5) and found[3] <= np.ceil(right + 0.5)
        shared = np.minimum(found[2:], box[2:] * 32) - np.maximum(found[:2], box[:2] * 32)
        both = np.prod(found[2:] - found[:2]) + (bottom - top) * (right - left)
        overlap.append(np.prod(shared) / (both - np.prod(shared)))
    assert np.mean(overlap) > 0.85 and np.min(overlap) > 0.6


def test_nothing_leaves_the_image(read):
    box = read("captions", "test").factors["box"]
    assert box.min() > 0.0 and box.max() < 1.0


def test_keypoints_lie_on_the_outline_and_turn_with_the_shape(samples):
    factors = samples.factors
    for row, points in enumerate(factors["keypoints"]):
        top, left, bottom, right = factors["box"][row]
        y, x = points.T
        assert (y >= top - 1e-6).all() and (y <= bottom + 1e-6).all()
        assert (x >= left - 1e-6).all() and (x <= right + 1e-6).all()
        # seen from the centre they are up, right, down, left, turned by the angle
        angles = np.arctan2(y - factors["y"][row], x - factors["x"][row])
        expected = factors["angle"][row] + np.array([-np.pi / 2, 0, np.pi / 2, np.pi])
        difference = (angles - expected + np.pi) % (2 * np.pi) - np.pi
        assert np.abs(difference).max() < 1e-3


@pytest.mark.parametrize("shape", shapes.SHAPES)
def test_landmarks_lie_on_the_outline(shape):
    place = {"scale": 0.3, "angle": 0.7, "x": 0.5, "y": 0.4}
    starts = shapes.outline(shape, **place)
    sides = np.roll(starts, -1, axis=0) - starts
    for landmark in shapes.landmarks(shape, **place):
        offsets = landmark - starts
        along = ((offsets * sides).sum(axis=1) / (sides**2).sum(axis=1)).clip(0, 1)
        assert np.linalg.norm(offsets - along[:, None] * sides, axis=1).min() < 1e-9


def test_places_sizes_and_colours_are_what_is_seen(samples):
    factors = samples.factors
    seen = lit(samples.x)
    area = seen.sum(axis=(1, 2))
    across, down = (seen.sum(axis=axis) @ AXIS / area for axis in (1, 2))
    np.testing.assert_allclose(across, factors["x"], atol=0.02)
    np.testing.assert_allclose(down, factors["y"], atol=0.02)
    left = np.isin(factors["place"], (0, 2))
    assert across[left].max() < 0.4 and across[factors["place"] == 4].min() > 0.45
    for shape in range(4):
        large, small = ((factors["size"] == k) & (factors["shape"] == shape) for k in (1, 0))
        assert area[large].min() > 1.3 * area[small].max()
    middle = samples.x[np.arange(1000), (32 * down).astype(int), (32 * across).astype(int)]
    colors = np.array(list(shapes.COLORS.values()), float)
    hues = middle / middle.max(axis=1, keepdims=True)
    distances = np.abs(hues[:, None] - colors / colors.max(axis=1, keepdims=True)).sum(axis=-1)
    np.testing.assert_array_equal(distances.argmin(axis=1), factors["colour"])
