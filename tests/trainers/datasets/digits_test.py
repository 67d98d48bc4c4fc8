"""The digits: splits, grey levels, noise, sizes, and the files they are kept in."""

import numpy as np
import pytest
import tensorflow_datasets as tfds
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from trainers import datasets
from trainers.datasets import digits


@pytest.fixture(scope="module")
def source():
    """Images in [-1, 1] and labels as scikit-learn has them."""
    pixels, labels = load_digits(return_X_y=True)
    return (pixels / 8 - 1).astype(np.float32).reshape(-1, 8, 8, 1), labels


def levels(images):
    """Images in [-1, 1] -> tuples of the nearest grey levels 0 … 16, which tell them apart."""
    return [tuple(row) for row in np.rint((images.reshape(-1, 64) + 1) * 8).astype(int).tolist()]


def test_train_and_test_are_those_of_scikit_learn(source, data_dir):
    images, labels = source
    train, test, train_labels, test_labels = train_test_split(
        images, labels, test_size=500, random_state=0, stratify=labels
    )
    for split, x, y in (("train", train, train_labels), ("test", test, test_labels)):
        got = datasets.arrays("digits", split, data_dir=data_dir)
        np.testing.assert_array_equal(got[0], x)
        np.testing.assert_array_equal(got[1], y)


@pytest.mark.parametrize("parts", [("train", "test"), ("half_a", "half_b"), ("all",)])
def test_each_division_has_every_digit_once(parts, source, data_dir):
    images = [datasets.arrays("digits", part, data_dir=data_dir)[0] for part in parts]
    assert sorted(levels(np.concatenate(images))) == sorted(levels(source[0]))


@pytest.mark.parametrize("split", ["train", "test", "half_a", "half_b"])
def test_splits_have_the_classes_in_the_proportions_of_the_whole(split, source, data_dir):
    _, y = datasets.arrays("digits", split, data_dir=data_dir)
    expected = np.bincount(source[1]) * len(y) / 1797
    assert np.abs(np.bincount(y) - expected).max() <= 1


def test_arrays_are_at_their_levels_from_black_to_white(data_dir):
    x, _ = datasets.arrays("digits", data_dir=data_dir)
    assert x.min() == -1.0 and x.max() == 1.0
    np.testing.assert_array_equal((x + 1) * 8, np.rint((x + 1) * 8))


def test_noise_is_uniform_over_half_a_level_to_either_side_and_clipped(data_dir):
    stream = datasets.load("digits", "test", batch_size=500, labels=True, data_dir=data_dir)
    x = (next(iter(stream))[0].numpy() + 1) / 2  # [0, 1]
    assert x.min() == 0.0 and x.max() == 1.0
    level = np.rint(x * 16)
    noise = (x - level / 16)[(level > 0) & (level < 16)]
    assert np.abs(noise).max() <= 1 / 32 + 1e-6
    assert np.abs(noise).max() > 0.99 / 32
    assert noise.mean() == pytest.approx(0.0, abs=3e-4)
    assert noise.var() == pytest.approx((1 / 16) ** 2 / 12, rel=0.03)
    black = x[level == 0]
    assert (black == 0).mean() == pytest.approx(0.5, abs=0.02)  # half of the noise is below 0
    assert black.max() <= 1 / 32 and x[level == 16].min() >= 31 / 32


def test_images_of_the_stream_keep_their_labels(data_dir):
    x, y = datasets.arrays("digits", "test", data_dir=data_dir)
    label_of = dict(zip(levels(x), y.tolist(), strict=True))
    stream = datasets.load("digits", "test", batch_size=100, labels=True, data_dir=data_dir)
    seen = []
    for images, labels in stream.as_numpy_iterator():
        assert [label_of[image] for image in levels(images)] == labels.tolist()
        seen += levels(images)
    assert sorted(seen) == sorted(levels(x))


@pytest.mark.parametrize("size", [4, 16, 32])
def test_images_are_resized_within_their_range(size, data_dir):
    x, y = datasets.arrays("digits", "test", data_dir=data_dir)
    resized, labels = datasets.arrays("digits", "test", image_size=size, data_dir=data_dir)
    assert resized.shape == (500, size, size, 1) and resized.dtype == np.float32
    assert resized.min() >= -1.0 and resized.max() <= 1.0
    np.testing.assert_array_equal(labels, y)
    assert resized.mean() == pytest.approx(x.mean(), abs=0.05)
    batch = next(
        iter(datasets.load("digits", batch_size=8, image_size=size, data_dir=data_dir))
    ).numpy()
    assert batch.shape == (8, size, size, 1)
    assert batch.min() >= -1.0 and batch.max() <= 1.0


def test_the_size_as_stored_changes_nothing(data_dir):
    x, _ = datasets.arrays("digits", "test", data_dir=data_dir)
    np.testing.assert_array_equal(datasets.arrays("digits", "test", 8, data_dir)[0], x)


def test_enlarging_is_bicubic_and_puts_no_edge_where_there_is_none(data_dir):
    x, _ = datasets.arrays("digits", "test", 32, data_dir)
    small, _ = datasets.arrays("digits", "test", None, data_dir)
    blocks = np.repeat(np.repeat(small, 4, axis=1), 4, axis=2)
    assert np.abs(np.diff(x, axis=1)).max() < 0.5 * np.abs(np.diff(blocks, axis=1)).max()
    assert np.corrcoef(x.ravel(), blocks.ravel())[0, 1] > 0.9


def test_digits_are_prepared_once_and_read_afterwards(tmp_path, monkeypatch):
    first = datasets.arrays("digits", "test", data_dir=tmp_path)
    files = {path: path.stat().st_mtime_ns for path in (tmp_path / "digits").rglob("*.*")}
    assert any(path.name == "dataset_info.json" for path in files)
    monkeypatch.setattr(digits.Digits, "_split_generators", None)  # to prepare would fail
    again = datasets.arrays("digits", "test", data_dir=str(tmp_path))
    np.testing.assert_array_equal(first[0], again[0])
    assert {path: path.stat().st_mtime_ns for path in files} == files


def test_preparing_prints_nothing(tmp_path, capfd):
    digits.read("test", 500, tmp_path)
    out, err = capfd.readouterr()
    assert out == ""
    assert "examples" not in err


def test_a_process_that_is_overtaken_while_preparing_reads_what_the_other_wrote(
    tmp_path, monkeypatch
):
    prepare, overtaken = digits.Digits._download_and_prepare, []

    def overtake(self, *args, **kwargs):
        if not overtaken:
            overtaken.append(True)
            digits.read("test", 500, tmp_path)
        return prepare(self, *args, **kwargs)

    monkeypatch.setattr(digits.Digits, "_download_and_prepare", overtake)
    images, labels = digits.read("test", 500, tmp_path)
    assert overtaken and images.shape == (500, 8, 8, 1) and labels.shape == (500,)
    assert [path.name for path in (tmp_path / "digits").iterdir()] == ["1.0.0"]


def test_a_data_dir_that_is_a_file_is_an_error_of_the_system(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        datasets.load("digits", data_dir=tmp_path / "file")


def test_tfds_knows_the_builder_by_its_name(data_dir):
    digits.read("test", 500, data_dir)
    dataset = tfds.load("digits", split="half_a", data_dir=data_dir, download=False)
    assert len(dataset) == 899
