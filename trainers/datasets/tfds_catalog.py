"""Published datasets of images, by their names in TFDS: "mnist", "celeb_a" …

TFDS downloads and keeps them. Whether there is a network is found out first, since without one TFDS
waits for minutes.
"""

import re
import threading
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np

from trainers.datasets import image_cache
from trainers.datasets.builtin.samples import Samples
from trainers.datasets.source import Source, image_info, resized

TIMEOUT = 3.0  # seconds to wait for an answer
HOST = "https://storage.googleapis.com"  # where TFDS looks first for any dataset


def names():
    """Returns the names that TFDS knows, sorted."""
    import tensorflow_datasets as tfds

    return sorted(tfds.list_builders(with_community_datasets=False))


def builder(name, data_dir):
    """Returns the TFDS builder of a name, fetched and prepared; None where TFDS knows no such name.

    Args:
        name: as in TFDS, a config or a version included: "mnist", "cats_vs_dogs:4.0.1".
        data_dir: TFDS's folder.

    Raises:
        ValueError: the dataset is not in `data_dir` and cannot be fetched; the message names the
            way to get it.
    """
    import tensorflow_datasets as tfds

    try:
        dataset = tfds.builder(name, data_dir=data_dir)
    except tfds.core.registered.DatasetNotFoundError:
        return None
    except Exception as error:  # a version, config or argument that there is not, or files of it
        raise ValueError(f"`name` is not one that TFDS takes: {one_line(error)}") from None
    if dataset.is_prepared():
        return dataset
    instead = (
        f"Prepare it where there is a network, `tfds build {name} --data_dir=DIR`, and give the "
        "folder as `data_dir`; or give the path of a folder of images."
    )
    if not reachable():
        raise ValueError(
            f"`name` is {name!r}, which is not in {data_dir} and cannot be fetched: {HOST} does "
            f"not answer. {instead}"
        )
    try:
        dataset.download_and_prepare()
    except Exception as error:  # network, checksum, quota or missing package
        raise ValueError(
            f"`name` is {name!r}, which TFDS could not fetch: {one_line(error)}. {instead}"
        ) from error
    return tfds.builder(name, data_dir=data_dir)


def reachable():
    """Returns whether the host that TFDS fetches from answers within `TIMEOUT`."""
    answered = []

    def request():
        try:
            urllib.request.urlopen(HOST, timeout=TIMEOUT)
        except urllib.error.HTTPError:  # an answer too
            answered.append(True)
        except OSError:
            return
        answered.append(True)

    thread = threading.Thread(
        target=request, daemon=True
    )  # no timeout bounds the look-up of a name
    thread.start()
    thread.join(TIMEOUT)
    return bool(answered)


def source(builder, image_size, data_dir):
    """Returns the `Source` of a TFDS dataset of images.

    Args:
        builder, image_size, data_dir: as for `open_or_build`.

    Raises:
        ValueError: the dataset has no images, or their sizes differ and `image_size` is None.
    """
    image, label = keys(builder)
    features, sizes = builder.info.features, builder.info.splits
    shape = features[image].shape
    if image_size is None and None in shape[:2]:
        raise ValueError(
            f"`image_size` should be given: images of {builder.name!r} differ in size. "
            "Received: image_size=None"
        )
    splits = {name: name for name in sizes}
    if list(splits) == ["train"]:  # nothing is held out: the last tenth is, as of a folder
        splits = {"train": "train[:90%]", "test": "train[90%:]", "all": "train"}

    def read(split):
        store = open_or_build(builder, splits[split], image_size, data_dir)
        return Samples(store.images(np.arange(len(store.names))), store.labels, {})

    facts = image_info(
        builder.name,
        resized((*shape[:2], 1 if shape[2] == 1 else 3), image_size),
        {name: sizes[rows].num_examples for name, rows in splits.items()},
        features[label].num_classes if label else None,
        tuple(features[label].names) if label else (),
        description=builder.info.description,
    )
    return Source(facts, read)


def open_or_build(builder, split, image_size, data_dir):
    """Returns the `Store` of a split's images, which the first call for this size writes.

    Args:
        builder: from `builder`.
        split: as in TFDS, slices included: "train[:80%]".
        image_size: height and width to which images are resized; None where all have one size.
        data_dir: the folder of stores.
    """
    image, label = keys(builder)
    grey = builder.info.features[image].shape[-1] == 1

    def items():
        import tensorflow_datasets as tfds

        try:
            data = builder.as_dataset(split, decoders={image: tfds.decode.SkipDecoding()})
            for row, example in enumerate(data.as_numpy_iterator()):
                number = int(example[label]) if label else None
                yield image_cache.Item(f"{split} {row}", example[image], number)
        except Exception as error:  # of TFDS's readers, any
            raise ValueError(
                f"`name` is {builder.name!r}, whose files in {builder.data_dir} are damaged: "
                f"{one_line(error)}. Delete the folder and prepare it again."
            ) from None

    def write(target):
        title, total = builder.name, builder.info.splits[split].num_examples
        image_cache.write(target, items(), image_size, grey, title, total)

    folder = f"{builder.info.full_name}-{split}-{image_size or 'stored'}"
    target = Path(data_dir) / "images" / re.sub(r"[^\w.-]", "-", folder)
    store = image_cache.open_or_build(target, write)
    image_cache.warn_of_skipped(store, builder.info.full_name)
    return store


def keys(builder):
    """Returns the keys of the images, and of the labels or None, in a dataset's examples.

    Raises:
        ValueError: the dataset has no images.
    """
    import tensorflow_datasets as tfds

    features = builder.info.features
    kinds = {name: type(features[name]) for name in features}
    images = [name for name, kind in kinds.items() if kind is tfds.features.Image]
    labels = [name for name, kind in kinds.items() if kind is tfds.features.ClassLabel]
    if not images or features[images[0]].np_dtype not in (np.uint8, np.uint16):
        raise ValueError(
            f"`name` should be a dataset of images. Received: {builder.name!r}, which has "
            f"{', '.join(kinds)}"
        )
    return images[0], labels[0] if labels else None


def one_line(error):
    """Returns the message of an error on one line, without the names of TensorFlow's nodes."""
    message = re.sub(r"{{function_node .*?}}|\[Op:\w+\] name:", "", str(error))
    return " ".join(message.split())[:200] or type(error).__name__
