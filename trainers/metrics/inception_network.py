"""Inception-v3 as an evaluator of any images, with the weights of keras.applications.

Szegedy, Vanhoucke, Ioffe, Shlens, Wojna: Rethinking the Inception Architecture for Computer Vision
(2016), https://arxiv.org/abs/1512.00567
"""

import os
import threading
import urllib.request
from pathlib import Path

import numpy as np

from trainers.metrics.arrays import row_chunks, validate
from trainers.metrics.classifier import Classifier

FILE = "inception_v3_weights_tf_dim_ordering_tf_kernels.h5"
URL = f"https://storage.googleapis.com/tensorflow/keras-applications/inception_v3/{FILE}"
SIDE = 299
PATIENCE = 4.0  # seconds to wait for an answer of the network


class Inception(Classifier):
    """Inception-v3's pooled features, (n, 2048), and its 1000 ImageNet classes.

    Its methods take images of shape (n, h, w, 1) or (n, h, w, 3) in [-1, 1], any sides: they are
    clipped and resized to 299 x 299, bilinearly and without aliasing; grey ones are repeated over
    three channels. They raise ValueError for another shape, no image, a NaN or an infinity.

    The weights are Keras' own, trained anew. Published FIDs and inception scores are of the network
    of 2015 (TF-GAN's, and its copy in PyTorch): figures of this one compare with each other, and
    with none of those.

    Args:
        network: None, for Keras' weights; or a `keras.applications.InceptionV3` with its top and
            `classifier_activation=None`, or what has an "avg_pool" before its last, "predictions".

    Raises:
        ValueError: the weights are neither where Keras keeps them nor to be fetched.

    >>> Inception.name
    'inception'
    """

    name = "inception"

    def __init__(self, network=None):
        import keras  # takes seconds

        if network is None:
            network = _pretrained()
        self.body = keras.Model(network.input, network.get_layer("avg_pool").output)
        self.kernel, self.bias = network.get_layer("predictions").get_weights()

    def features(self, images, batch_size=32):
        """Outputs of the last layer but one, averaged over places: float32 (n, 2048)."""
        images = _checked(images)
        return np.concatenate(
            [self._body(images[p]) for p in row_chunks(images, batch_size * images[0].size)]
        )

    def _body(self, images):
        from keras import ops

        images = np.clip(images.astype(np.float32), -1.0, 1.0)  # the unit that it was trained in
        images = ops.image.resize(images, (SIDE, SIDE), interpolation="bilinear", antialias=True)
        images = ops.broadcast_to(images, (len(images), SIDE, SIDE, 3))
        return ops.convert_to_numpy(self.body(images, training=False))


def _checked(images):
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[3] not in (1, 3):
        raise ValueError(
            "`images` should be of shape (n, h, w, 1) or (n, h, w, 3). "
            f"Received: images.shape={images.shape}"
        )
    validate(images=images)
    return images


def _pretrained():
    import keras

    path = _weights()
    try:
        return keras.applications.InceptionV3(weights=str(path), classifier_activation=None)
    except OSError as error:
        raise ValueError(
            f"{path} should hold the weights of Inception-v3: delete it, and copy it again from "
            f"{URL}. Received: {error}"
        ) from error


def _weights():
    """Where the weights are, which Keras fetches if they are not there and the network answers."""
    import keras

    home = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
    path = home / "models" / FILE
    if path.exists():
        return path
    if not _answers(URL):
        raise ValueError(
            f"The weights of Inception-v3 should be at {path}, and cannot be fetched: copy them "
            f"there from {URL}, or use another evaluator. Received: name='inception'"
        )
    return keras.utils.get_file(FILE, URL, cache_subdir="models", cache_dir=str(home))


def _answers(url):
    """Whether the network gives an answer at once. Asked in a thread: names may take minutes."""
    answered = []

    def ask():
        try:
            with urllib.request.urlopen(
                urllib.request.Request(url, method="HEAD"), timeout=PATIENCE
            ):
                answered.append(True)
        except OSError:
            pass

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    return bool(answered)
