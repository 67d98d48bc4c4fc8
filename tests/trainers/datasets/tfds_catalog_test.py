"""Names that TFDS knows: fetched where it can be, refused within seconds where it cannot."""

import io
import shutil
import threading
import urllib.error
import urllib.request

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from trainers import datasets
from trainers.datasets import tfds_catalog

LEVELS = np.arange(40) * 6


class OddPhotos(tfds.core.GeneratorBasedBuilder):
    """40 JPEGs of different sizes and one colour each; nothing is held out."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = {"photo": tfds.features.Image(), "kind": tfds.features.ClassLabel(names="ab")}
        return tfds.core.DatasetInfo(
            builder=self, features=tfds.features.FeaturesDict(features), disable_shuffling=True
        )

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        for i, level in enumerate(LEVELS):
            file = io.BytesIO()
            Image.new("RGB", (20 + i, 16), (level,) * 3).save(file, "JPEG", quality=95)
            file.seek(0)
            yield i, {"photo": file, "kind": i % 2}


class NoPictures(tfds.core.GeneratorBasedBuilder):
    """A number."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        return tfds.core.DatasetInfo(
            builder=self, features=tfds.features.FeaturesDict({"number": np.int64})
        )

    def _split_generators(self, dl_manager):
        return {"train": iter([(0, {"number": 1})])}

    def _generate_examples(self):
        raise NotImplementedError


@pytest.fixture(scope="module")
def fetched(tmp_path_factory):
    """A data_dir that holds both."""
    path = tmp_path_factory.mktemp("tfds")
    for builder in (OddPhotos, NoPictures):
        builder(data_dir=path).download_and_prepare()
    return path


def test_what_was_fetched_is_read_without_a_network(fetched, monkeypatch):
    monkeypatch.setattr(tfds_catalog, "reachable", lambda: pytest.fail("used the network"))
    info = datasets.info("odd_photos", 8, fetched)
    assert info.splits == {"train": 36, "test": 4, "all": 40}
    assert info.shape == (8, 8, 3) and info.class_names == ("a", "b")
    x, y = datasets.arrays("odd_photos", "all", 8, fetched)
    levels = (x.mean(axis=(1, 2, 3)) + 1) * 127.5
    np.testing.assert_allclose(levels, LEVELS, atol=2)
    assert y.tolist() == [0, 1] * 20
    train, _ = datasets.arrays("odd_photos", "train", 8, fetched)
    np.testing.assert_array_equal(train, x[:36])
    data = datasets.load("odd_photos", batch_size=6, labels=True, image_size=8, data_dir=fetched)
    assert data.element_spec[0].shape == (6, 8, 8, 3) and len(list(data)) == 6


def test_images_of_different_sizes_need_a_size(fetched):
    with pytest.raises(ValueError, match=r"^`image_size` should be given: .*'odd_photos' differ"):
        datasets.load("odd_photos", data_dir=fetched)


def test_a_dataset_without_images_says_what_it_has(fetched):
    with pytest.raises(ValueError, match=r"a dataset of images\. .*'no_pictures', which has numb"):
        datasets.load("no_pictures", data_dir=fetched)


@pytest.mark.parametrize("silent", [True, False])
@pytest.mark.parametrize("name", ["mnist", "cifar10", "celeb_a"])
def test_what_cannot_be_fetched_is_given_up_soon(name, silent, tmp_path, monkeypatch):
    over, ended = threading.Event(), []

    def ask(*arguments, **options):
        if silent:
            over.wait(600.0)
        ended.append(True)
        raise urllib.error.URLError("Name or service not known")

    assert tfds_catalog.TIMEOUT < 5.0
    monkeypatch.setattr(tfds_catalog, "TIMEOUT", 0.2 if silent else 600.0)
    monkeypatch.setattr(urllib.request, "urlopen", ask)
    sentence = (
        rf"^`name` is '{name}', which is not in .* and cannot be fetched: .* does not answer\. "
        r"Prepare it where there is a network, `tfds build .*; or give the path of a folder"
    )
    with pytest.raises(ValueError, match=sentence):
        datasets.load(name, data_dir=tmp_path)
    assert bool(ended) != silent  # it did not wait for the answer
    over.set()


def test_a_refusal_is_an_answer_of_the_network(monkeypatch):
    def forbid(*arguments, **options):
        raise urllib.error.HTTPError("", 403, "Forbidden", {}, None)

    monkeypatch.setattr(urllib.request, "urlopen", forbid)
    assert tfds_catalog.reachable()


def test_a_failure_of_tfds_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(tfds_catalog, "reachable", lambda: True)

    def fail(self, *arguments, **options):
        raise OSError("Artifact\nhas a wrong checksum")

    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", fail)
    with pytest.raises(ValueError, match=r"TFDS could not fetch: Artifact has a wrong checksum\. "):
        datasets.load("mnist", data_dir=tmp_path)


@pytest.mark.parametrize(
    "name", ["mnist/none", "mnist:9.9.9", "mnist/size=9", "mnist::", "huggingface:mnist"]
)
def test_a_config_version_or_argument_that_there_is_not_is_one_sentence(name, tmp_path):
    with pytest.raises(ValueError, match="^`name` is not one that TFDS takes: [^\n]*$"):
        datasets.load(name, data_dir=tmp_path)


@pytest.mark.parametrize("change", [lambda data: data[:-9], lambda data: data[:80] + b"x" * 40])
def test_damaged_files_of_tfds_are_named(change, fetched, tmp_path):
    builder = shutil.copytree(fetched / "odd_photos", tmp_path / "odd_photos") / "1.0.0"
    path = next(builder.glob("*.tfrecord*"))
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(ValueError, match=f"whose files in {builder} are damaged: .* record"):
        datasets.arrays("odd_photos", "all", 8, tmp_path)
    (builder / "dataset_info.json").write_text("{")
    with pytest.raises(ValueError, match="not one that TFDS takes: .*JSON"):
        datasets.info("odd_photos", 8, tmp_path)
