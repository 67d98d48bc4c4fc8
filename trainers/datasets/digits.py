"""The 1,797 handwritten digits that come with scikit-learn, as a TFDS builder.

Alpaydin, Kaynak: Optical Recognition of Handwritten Digits (1998), UCI Machine Learning
Repository, https://doi.org/10.24432/C50P49. Each pixel counts, from 0 to 16, how many of the 4x4
pixels of a scan are on. scikit-learn brings the test part along, so nothing is downloaded.

Two divisions of the same images, each stratified by label: `train` (1,297) and `test` (500), and
`half_a` (899) and `half_b` (898).
"""

import numpy as np
import tensorflow_datasets as tfds

from trainers.datasets import tfds_builders

CITATION = """@misc{alpaydin1998digits,
  author = {Alpaydin, Ethem and Kaynak, Cenk},
  title = {Optical Recognition of Handwritten Digits},
  year = {1998},
  howpublished = {UCI Machine Learning Repository},
  doi = {10.24432/C50P49}
}"""


class Digits(tfds.core.GeneratorBasedBuilder):
    """`image`: uint8 (8, 8, 1) of 0 … 16; `label`: 0 … 9."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        return tfds.core.DatasetInfo(
            builder=self,
            description=__doc__,
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=(8, 8, 1), dtype=np.uint8),
                    "label": tfds.features.ClassLabel(num_classes=10),
                }
            ),
            supervised_keys=("image", "label"),
            homepage="https://doi.org/10.24432/C50P49",
            citation=CITATION,
            disable_shuffling=True,  # rows stay as scikit-learn divides them; shuffling is load's
        )

    def _split_generators(self, dl_manager):
        from sklearn.datasets import load_digits
        from sklearn.model_selection import train_test_split

        pixels, labels = load_digits(return_X_y=True)
        images = pixels.reshape(-1, 8, 8, 1).astype(np.uint8)

        def divide(test_size):  # images of both parts, then labels of both parts
            return train_test_split(
                images, labels, test_size=test_size, random_state=0, stratify=labels
            )

        train, test, train_labels, test_labels = divide(500)
        half_b, half_a, half_b_labels, half_a_labels = divide(0.5)  # scikit-learn rounds test up
        return {
            "train": self._generate_examples(train, train_labels),
            "test": self._generate_examples(test, test_labels),
            "half_a": self._generate_examples(half_a, half_a_labels),
            "half_b": self._generate_examples(half_b, half_b_labels),
        }

    def _generate_examples(self, images, labels):
        for key, (image, label) in enumerate(zip(images, labels, strict=True)):
            yield key, {"image": image, "label": int(label)}


def read(split, count, data_dir=None):
    """Returns the images of a split, uint8 (n, 8, 8, 1) of 0 … 16, and their labels, int32 (n,).

    Args:
        split: one of the builder's, or "all": train and then test.
        count: how many images it should have.
        data_dir: where TFDS keeps its datasets; by default ~/tensorflow_datasets. The digits are
            written there on the first call, which takes a second.

    Raises:
        ValueError: the written files are damaged.
    """
    rows = tfds_builders.read_examples(Digits, split, count, data_dir)
    return rows["image"], rows["label"].astype(np.int32)
