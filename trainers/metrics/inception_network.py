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
TIMEOUT = 4.0  # seconds to wait for an answer


class Inception(Classifier):
    """Evaluator of Inception-v3: pooled features (n, 2048), and the 1000 ImageNet classes.

    The methods take images of shape (n, h, w, 1) or (n, h, w, 3) in [-1, 1] with any sides, which
    are clipped and resized to 299 x 299, bilinear and antialiased; grey ones are repeated over
    three channels. The methods raise ValueError for another shape, no image, a NaN or an infinity.

    The weights are those of Keras. Published FIDs and inception scores use the network of 2015
    (TF-GAN's, and the copy in PyTorch): compare figures of this network with each other only.

    Args:
        network: None, for Keras' weights; or a `keras.applications.InceptionV3` with its top and
            `classifier_activation=None`, or a model with the layers "avg_pool" and, last,
            "predictions".

    Raises:
        ValueError: the weights are not where Keras keeps them and cannot be fetched.

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
        """Returns the outputs of "avg_pool", the last layer but one: float32 (n, 2048)."""
        images = _checked(images)
        return np.concatenate(
            [self._body(images[p]) for p in row_chunks(images, batch_size * images[0].size)]
        )

    def _body(self, images):
        from keras import ops

        images = np.clip(images.astype(np.float32), -1.0, 1.0)  # the range of the training images
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
    """Returns the path of the weights, which Keras fetches where they are missing."""
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
    """Returns whether a URL answers in time; in a thread, since looking up names takes minutes."""
    answered = []

    def request():
        try:
            with urllib.request.urlopen(
                urllib.request.Request(url, method="HEAD"), timeout=TIMEOUT
            ):
                answered.append(True)
        except OSError:
            pass

    thread = threading.Thread(target=request, daemon=True)
    thread.start()
    thread.join(TIMEOUT)
    return bool(answered)
