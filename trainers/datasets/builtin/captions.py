"""Captions: a coloured shape and the sentence that describes it, its box and four landmarks.

A small stand-in for the birds with captions of

    Reed, Akata, Yan, Logeswaran, Schiele, Lee (2016), "Generative Adversarial Text to Image
    Synthesis", https://arxiv.org/abs/1605.05396
    Reed, Akata, Mohan, Tenka, Schiele, Lee (2016), "Learning What and Where to Draw" (boxes and
    keypoints), https://arxiv.org/abs/1610.02454

    sentence  ->  a SIZE COLOUR SHAPE at the PLACE
    SIZE      ->  small | large
    COLOUR    ->  red | green | blue | yellow
    SHAPE     ->  square | ellipse | heart | triangle
    PLACE     ->  top left | top right | bottom left | bottom right | centre

Four pairs of colour and shape are in the split `unseen` only: a model that draws them has learned
the words, not the sentences.
"""

import numpy as np

from trainers.datasets.builtin import shapes
from trainers.datasets.builtin.samples import (
    BuiltinDataset,
    Factor,
    Samples,
    splits,
    stream,
    uniform,
)

SIZE = 32  # pixels
SHAPES = shapes.SHAPES
COLORS = tuple(shapes.COLORS)
SIZES = {"small": (0.13, 0.15), "large": (0.20, 0.22)}  # scale, shares of the side
PLACES = {  # x, y of the centre of mass before it is shifted, shares of the side
    "top left": (0.3, 0.3),
    "top right": (0.7, 0.3),
    "bottom left": (0.3, 0.7),
    "bottom right": (0.7, 0.7),
    "centre": (0.5, 0.5),
}
SHIFT, TILT = 0.03, 0.3  # at most, share of the side and radians
UNSEEN = (("red", "triangle"), ("green", "heart"), ("blue", "square"), ("yellow", "ellipse"))
LANDMARKS = ("top", "right", "bottom", "left")  # of the shape before it is tilted

LENGTH = 8  # words of the longest sentence
VOCABULARY = (
    *("", "a", *SIZES, *COLORS, *SHAPES),  # "" fills up shorter sentences
    *("at", "the", "top", "bottom", "left", "right", "centre"),
)
COUNTS = splits(train=10_000, test=2_000, unseen=1_000)


def sentence(shape, color, size, place):
    """Returns the caption of an object; the arguments are numbers as in the factors.

    >>> sentence(shape=2, color=0, size=1, place=3)
    'a large red heart at the bottom right'
    """
    return f"a {list(SIZES)[size]} {COLORS[color]} {SHAPES[shape]} at the {list(PLACES)[place]}"


def encode(text):
    """Returns the tokens of a sentence, int32 (8,): indices into `VOCABULARY`, then zeros.

    Raises:
        ValueError: a word is not in the vocabulary, or there are more than 8.

    >>> encode("a small blue heart at the centre").tolist()
    [1, 2, 6, 10, 12, 13, 18, 0]
    """
    words = text.split()
    unknown = [word for word in words if word not in VOCABULARY]
    if unknown or len(words) > LENGTH:
        raise ValueError(
            f"`text` should be at most {LENGTH} of the words {' '.join(VOCABULARY[1:])}. "
            f"Received: text={text!r}"
        )
    tokens = [VOCABULARY.index(word) for word in words]
    return np.array(tokens + [0] * (LENGTH - len(tokens)), np.int32)


def decode(tokens):
    """Returns the sentence of tokens.

    >>> decode(encode("a small blue heart at the centre"))
    'a small blue heart at the centre'
    """
    return " ".join(VOCABULARY[token] for token in tokens if token)


def picture(shape, color, scale, angle, x, y, size=SIZE):
    """Draws an image, uint8 (size, size, 3).

    Args:
        shape, color: numbers in `SHAPES` and `COLORS`.
        scale, angle, x, y: as for `shapes.outline`.
        size: height and width.

    >>> picture(shape=2, color=0, scale=0.2, angle=0.0, x=0.5, y=0.5).shape
    (32, 32, 3)
    """
    corners = shapes.outline(SHAPES[shape], scale, angle, x, y)
    return shapes.painted(shapes.filled(corners, size), shapes.COLORS[COLORS[color]])


def box(shape, scale, angle, x, y):
    """Returns the box around a shape, float32 (4,): top, left, bottom, right, shares of the side.

    >>> box(shape=1, scale=0.2, angle=0.0, x=0.5, y=0.5).round(3)
    array([0.4, 0.3, 0.6, 0.7], dtype=float32)
    """
    corners = shapes.outline(SHAPES[shape], scale, angle, x, y)
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    return np.array([top, left, bottom, right], np.float32)


def keypoints(shape, scale, angle, x, y):
    """Returns `LANDMARKS` of a shape, float32 (4, 2) of (y, x), shares of the side.

    >>> keypoints(shape=1, scale=0.2, angle=0.0, x=0.5, y=0.5)[0].round(3)  # the top
    array([0.4, 0.5], dtype=float32)
    """
    points = shapes.landmarks(SHAPES[shape], scale, angle, x, y)
    return points[:, ::-1].astype(np.float32)


def _draw(split, count):
    rng = stream("captions", split)
    total = COUNTS[split]
    unseen = np.array([(SHAPES.index(shape), COLORS.index(color)) for color, shape in UNSEEN])
    every = np.array([(s, c) for s in range(len(SHAPES)) for c in range(len(COLORS))])
    seen = np.array([pair for pair in every.tolist() if pair not in unseen.tolist()])
    pairs = unseen if split == "unseen" else seen
    shape, color = rng.choice(pairs, total).T.astype(np.int32)
    size = rng.integers(len(SIZES), size=total).astype(np.int32)
    place = rng.integers(len(PLACES), size=total).astype(np.int32)
    low, high = np.array(list(SIZES.values()))[size].T
    x, y = np.array(list(PLACES.values()))[place].T
    factors = {
        "shape": shape,
        "colour": color,
        "size": size,
        "place": place,
        "scale": uniform(rng, low, high, total),
        "angle": uniform(rng, -TILT, TILT, total),
        "x": uniform(rng, x - SHIFT, x + SHIFT, total),
        "y": uniform(rng, y - SHIFT, y + SHIFT, total),
    }
    factors = {name: values[:count] for name, values in factors.items()}

    def each(make, *names):
        return [make(*row) for row in zip(*(factors[name] for name in names), strict=True)]

    geometry = ("shape", "scale", "angle", "x", "y")
    sentences = each(sentence, "shape", "colour", "size", "place")
    factors["box"] = np.stack(each(box, *geometry))
    factors["keypoints"] = np.stack(each(keypoints, *geometry))
    factors["sentence"] = np.array(sentences)
    images = each(picture, "shape", "colour", *geometry[1:])
    return Samples(np.stack(images), np.stack([encode(text) for text in sentences]), factors)


DATASETS = (
    BuiltinDataset(
        name="captions",
        description=(
            "Coloured shapes, 32x32 RGB pixels, with a sentence of at most 8 words, a box and 4 "
            "keypoints each, after Reed et al.: Generative Adversarial Text to Image Synthesis, "
            "2016, https://arxiv.org/abs/1605.05396, and Learning What and Where to Draw, 2016, "
            "https://arxiv.org/abs/1610.02454."
        ),
        shape=(SIZE, SIZE, 3),
        y_shape=(LENGTH,),
        splits=COUNTS,
        factors={
            "shape": Factor("0 square, 1 ellipse, 2 heart, 3 triangle", dtype="int32"),
            "colour": Factor("0 red, 1 green, 2 blue, 3 yellow", dtype="int32"),
            "size": Factor("0 small, 1 large", dtype="int32"),
            "place": Factor(
                "0 top left, 1 top right, 2 bottom left, 3 bottom right, 4 centre", dtype="int32"
            ),
            "scale": Factor("share of the side, small .13 … .15, large .20 … .22"),
            "angle": Factor("radians, clockwise, -.3 … .3"),
            "x": Factor("centre of mass from the left, share of the side"),
            "y": Factor("centre of mass from the top, share of the side"),
            "box": Factor("top, left, bottom, right, shares of the side", shape=(4,)),
            "keypoints": Factor(
                "y, x of the shape's top, right, bottom, left, shares of the side", shape=(4, 2)
            ),
            "sentence": Factor("the caption y as text", dtype="str"),
        },
        draw=_draw,
    ),
)
