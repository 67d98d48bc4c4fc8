"""Files that the pages for users take for granted: images, and datasets in the home folder."""

import struct

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image

# A folder or file of the pages -> how many images of which sides.
IMAGES = {
    "photos": (12, (80, 64)),
    "views": (3, (32, 32)),
    "day": (12, (64, 64)),
    "night": (12, (64, 64)),
    "maps": (12, (64, 64)),
    "aerial": (12, (64, 64)),
    "a.jpg": (1, (60, 40)),
    "moss.jpg": (1, (160, 160)),
}
HOME = {"photos": (90, (80, 64)), "digits": (4, (8, 8)), "scans": (4, (8, 8))}


def write_images(folder, images=IMAGES):
    """Writes the images that stand beside the reader's checkout."""
    random = np.random.default_rng(0)
    for name, (count, (height, width)) in images.items():
        paths = [folder / name]
        if not paths[0].suffix:
            paths[0].mkdir()
            paths = [folder / name / f"{i}.jpg" for i in range(count)]
        for path in paths:
            Image.fromarray(random.integers(0, 256, (height, width, 3), "uint8")).save(path)


def write_home(home):
    """Writes the home folder of a reader, with images, MNIST's files, an .npz and CIFAR-10."""
    write_images(home, HOME)
    random = np.random.default_rng(1)
    np.savez(home / "scans.npz", x=random.integers(0, 256, (130, 8, 8, 1), "uint8"))
    (home / "mnist").mkdir()
    for split in ("train", "t10k"):
        pixels, labels = random.integers(0, 256, (130, 28, 28), "uint8"), np.arange(130) % 10
        header = struct.pack(">4B3I", 0, 0, 8, 3, *pixels.shape)
        (home / f"mnist/{split}-images-idx3-ubyte").write_bytes(header + pixels.tobytes())
        header = struct.pack(">4BI", 0, 0, 8, 1, len(labels))
        (home / f"mnist/{split}-labels-idx1-ubyte").write_bytes(
            header + labels.astype("uint8").tobytes()
        )
    write_cifar10(home / "tensorflow_datasets", random)
    return home


def write_cifar10(data_dir, random):
    """Prepares a CIFAR-10 of 130 images, as TFDS has it after a download."""
    fetched = tfds.builder_cls("cifar10")
    images = random.integers(0, 256, (130, 32, 32, 3), "uint8")

    def generate(self, *args):
        for i, image in enumerate(images):
            yield i, {"id": f"{i}", "image": image, "label": i % 10}

    with tfds.core.registered.skip_registration():
        splits = {"_split_generators": lambda self, _: {"train": generate(self)}}
        small = type("Cifar10", (fetched,), {"_generate_examples": generate, **splits})
    small(data_dir=data_dir).download_and_prepare()
