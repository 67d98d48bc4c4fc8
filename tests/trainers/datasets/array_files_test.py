"""MNIST's, CIFAR's and NumPy's files, written here by their formats."""

import gzip
import io
import pickle
import struct
import zipfile

import numpy as np
import pytest

from trainers import datasets

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (12, 6, 6), np.uint8)
COLOR = RNG.integers(0, 256, (10, 32, 32, 3), np.uint8)
LABELS = np.arange(12) % 3


def idx(array):
    head = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.astype(np.uint8).tobytes()


def in_range(images):
    """uint8 -> float32 in [-1, 1]."""
    return (images / np.float32(127.5) - 1).astype(np.float32)


@pytest.mark.parametrize(("mark", "packed"), [("-", False), (".", False), ("-", True)])
def test_a_folder_of_idx_files_is_mnist(mark, packed, tmp_path):
    for prefix, rows in (("train", slice(0, 8)), ("t10k", slice(8, 12))):
        for kind, array in (("images-idx3", GREY[rows]), ("labels-idx1", LABELS[rows])):
            data = idx(array)
            name = f"{prefix}-{kind.replace('-', mark)}-ubyte{'.gz' if packed else ''}"
            (tmp_path / name).write_bytes(gzip.compress(data) if packed else data)
    info = datasets.info(tmp_path)
    assert info.splits == {"test": 4, "train": 8, "all": 12}
    assert info.shape == (6, 6, 1) and info.classes == 3
    x, y = datasets.arrays(tmp_path, "train")
    np.testing.assert_allclose(x[..., 0], in_range(GREY[:8]), atol=1e-6)
    assert y.tolist() == LABELS[:8].tolist()
    data = datasets.load(tmp_path, "test", batch_size=4, labels=True, image_size=3)
    assert data.element_spec[0].shape == (4, 3, 3, 1)


def test_images_without_a_file_of_labels_have_none(tmp_path):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(GREY))
    assert datasets.info(tmp_path).classes is None


@pytest.mark.parametrize("cut", [0, 3, 10, 100, -1])
def test_a_damaged_idx_file_is_named(cut, tmp_path):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(GREY)[:cut])
    with pytest.raises(ValueError, match="train-images-idx3-ubyte is not an IDX file of 3 axes"):
        datasets.load(tmp_path)


def test_a_cut_gzip_is_named(tmp_path):
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(GREY))[:-20])
    with pytest.raises(ValueError, match=r"ubyte\.gz is not an IDX file"):
        datasets.load(tmp_path)


def cifar(folder):
    rows = COLOR.transpose(0, 3, 1, 2).reshape(10, -1)
    for name, part in (("data_batch_1", slice(0, 4)), ("data_batch_2", slice(4, 8))):
        batch = {b"data": rows[part], b"labels": [1, 0, 1, 0]}
        (folder / name).write_bytes(pickle.dumps(batch))
    (folder / "test_batch").write_bytes(pickle.dumps({b"data": rows[8:], b"labels": [0, 1]}))
    meta = {b"label_names": [b"airplane", b"bird"]}
    (folder / "batches.meta").write_bytes(pickle.dumps(meta))


def test_a_folder_of_pickles_is_cifar_10(tmp_path):
    cifar(tmp_path)
    info = datasets.info(tmp_path)
    assert info.splits == {"train": 8, "test": 2, "all": 10}
    assert info.class_names == ("airplane", "bird")
    x, y = datasets.arrays(tmp_path, "all")
    np.testing.assert_allclose(x, in_range(COLOR), atol=1e-6)
    assert y.tolist() == [1, 0, 1, 0, 1, 0, 1, 0, 0, 1]


def test_a_folder_of_cifar_100_has_its_fine_labels(tmp_path):
    rows = COLOR.transpose(0, 3, 1, 2).reshape(10, -1)
    for name, part in (("train", slice(0, 8)), ("test", slice(8, 10))):
        fine = list(range(len(rows[part])))
        batch = {b"data": rows[part], b"fine_labels": fine, b"coarse_labels": [0] * len(fine)}
        (tmp_path / name).write_bytes(pickle.dumps(batch))
    meta = pickle.dumps({b"fine_label_names": [str(i).encode() for i in range(8)]})
    (tmp_path / "meta").write_bytes(meta)
    assert datasets.info(tmp_path).classes == 8
    assert datasets.arrays(tmp_path)[1].tolist() == list(range(8))


def test_a_pickle_that_asks_for_anything_but_arrays_is_not_run(tmp_path):
    cifar(tmp_path)
    (tmp_path / "data_batch_1").write_bytes(pickle.dumps({b"data": print}))
    with pytest.raises(ValueError, match=r"data_batch_1 is not .* it asks for builtins\.print"):
        datasets.load(tmp_path)


@pytest.mark.parametrize(
    ("data", "labels", "sentence"),
    [
        (np.zeros((4, 3072)), [0] * 4, r"data of .*batch_1 should be uint8.* Received: float64"),
        (np.zeros((4, 3072), "int64"), [0] * 4, "should be uint8.* Received: int64"),
        (np.zeros((4, 3071), "uint8"), [0] * 4, r"Received: uint8, shape=\(4, 3071\)"),
        ("zeros", [0] * 4, r"Received: None, shape=\(\)"),
        (np.zeros((4, 3072), "uint8"), [0, 1.7, 1, 0], "should be a list of class numbers"),
        (np.zeros((4, 3072), "uint8"), ["b", "c", "d", "e"], "should be a list of class numbers"),
        (np.zeros((4, 3072), "uint8"), [[0], [1, 2], 0, 0], "should be a list of class numbers"),
        (np.zeros((4, 3072), "uint8"), [0, -3, 1, 0], "class numbers.* int64 from -3 to 1"),
        (np.zeros((4, 3072), "uint8"), None, "labels of .*data_batch_1 should be class numbers"),
        (np.zeros((4, 3072), "uint8"), [0, 1], "4 images, 2 labels"),
        (np.zeros((0, 3072), "uint8"), [], r"class numbers.* shape=\(0,\)"),
    ],
)
def test_pixels_and_labels_of_a_pickle_are_not_converted_in_silence(
    data, labels, sentence, tmp_path
):
    cifar(tmp_path)
    batch = {b"data": data} | ({} if labels is None else {b"labels": labels})
    (tmp_path / "data_batch_1").write_bytes(pickle.dumps(batch))
    with pytest.raises(ValueError, match=sentence):
        datasets.info(tmp_path)


@pytest.mark.parametrize("data", [b"", b"\x80", b"text"])
def test_a_damaged_pickle_is_named(data, tmp_path):
    cifar(tmp_path)
    (tmp_path / "data_batch_2").write_bytes(data)
    with pytest.raises(ValueError, match="data_batch_2 is not a file of CIFAR, or corrupt"):
        datasets.load(tmp_path)


@pytest.mark.parametrize(
    ("arrays", "splits", "labelled"),
    [
        (dict(x_train=GREY, y_train=LABELS, x_test=GREY[:4], y_test=LABELS[:4]), "train test", 1),
        (dict(train_images=GREY, train_labels=LABELS[:, None]), "train", 1),
        (dict(images=GREY, labels=np.eye(3)[LABELS]), "train", 1),
        (dict(x=GREY[..., None], y=LABELS), "train", 1),
        (dict(arr_0=GREY / 255.0), "train", 0),
        (dict(x=GREY.astype(np.int64)), "train", 0),
        (dict(x=GREY > 100), "train", 0),
    ],
)
def test_an_npz_has_its_images_under_one_of_the_usual_names(arrays, splits, labelled, tmp_path):
    np.savez(tmp_path / "a.npz", **arrays)
    info = datasets.info(tmp_path / "a.npz")
    held_out = {"train": 11, "test": 1, "all": 12}  # where nothing is, a tenth or one
    assert info.splits == (held_out if splits == "train" else {"train": 12, "test": 4, "all": 16})
    assert info.shape == (6, 6, 1) and info.name == "a"
    x, y = datasets.arrays(tmp_path / "a.npz", "all" if splits == "train" else "train")
    if splits == "train":  # the ninth stands last
        order = np.argsort([*range(9), *range(10, 12), 9])
        x, y = x[order], y[order] if labelled else None
    images = np.where(GREY > 100, 255, 0) if next(iter(arrays.values())).dtype == bool else GREY
    np.testing.assert_allclose(x[..., 0], in_range(images), atol=1e-6)
    assert y.tolist() == LABELS.tolist() if labelled else y is None


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        (dict(other=GREY), "should hold images under one of x_train, .* Received: other"),
        (dict(x=GREY[0]), r"shape \(n, h, w\).* Received: shape=\(6, 6\)"),
        (dict(x=COLOR.transpose(0, 3, 1, 2)), r"Received: shape=\(10, 3, 32, 32\)"),
        (dict(x=GREY / 100.0), r"floats in \[0, 1\]\. Received: float64 from 0\.\d+ to 2\.5"),
        (dict(x=np.full((2, 4, 4), np.nan)), "Received: float64 from nan to nan"),
        (dict(x=GREY, y=LABELS[:5]), "as many labels as images.* 12 images, 5 labels"),
        (dict(x=GREY, y=-LABELS), "labels of .* should be class numbers"),
        (dict(x=GREY, y=LABELS + 2**33), "class numbers.* from 8589934592 to"),
        (dict(x=GREY, y=LABELS + 10**9), "from 0 to 99,999.* Received: int64 from 1000000000"),
        (dict(x=GREY, y=np.full((12, 3), np.nan)), "one-hot rows. Received: float64 from nan"),
        (dict(x=GREY, y=np.full((12, 3), 0.5)), "one-hot rows. Received: float64"),
        (
            dict(x_train=GREY, x_test=GREY[:, :5]),
            r"one shape.* train \(6, 6, 1\), test \(5, 6, 1\)",
        ),
        (dict(x=GREY.astype(object)), r"is not an \.npz file of arrays"),
    ],
)
def test_an_npz_of_something_else_is_refused(arrays, sentence, tmp_path):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(ValueError, match=sentence):
        datasets.load(tmp_path / "a.npz", batch_size=2)


@pytest.mark.parametrize("data", [b"", b"text", b"PK\x03\x04cut"])
def test_a_damaged_npz_is_named(data, tmp_path):
    (tmp_path / "a.npz").write_bytes(data)
    with pytest.raises(ValueError, match=r"a\.npz is not an \.npz file of arrays, or corrupt"):
        datasets.load(tmp_path / "a.npz")


@pytest.mark.parametrize("names", [5, None, {"a": 1}, [[b"airplane"]]])
def test_names_of_classes_are_a_list_of_texts(names, tmp_path):
    cifar(tmp_path)
    (tmp_path / "batches.meta").write_bytes(pickle.dumps({b"label_names": names}))
    with pytest.raises(ValueError, match="batches.meta should hold a list of names"):
        datasets.info(tmp_path)


def test_any_flipped_byte_or_cut_of_an_npz_is_named_or_has_no_effect(tmp_path):
    np.savez_compressed(tmp_path / "whole.npz", x=GREY, y=LABELS)
    whole = (tmp_path / "whole.npz").read_bytes()
    for i in range(0, len(whole), 3):
        changed = bytearray(whole)
        changed[i] ^= 0xFF
        for data in (bytes(changed), whole[:i]):
            (tmp_path / "a.npz").write_bytes(data)
            try:
                datasets.info(tmp_path / "a.npz")
            except ValueError as error:
                assert "a.npz" in str(error)


def test_an_array_renamed_to_npz_is_named(tmp_path):
    np.save(tmp_path / "a.npy", GREY)
    with pytest.raises(ValueError, match=r"a\.npz is not an \.npz file of arrays"):
        datasets.info((tmp_path / "a.npy").rename(tmp_path / "a.npz"))


def test_an_array_that_memory_cannot_hold_is_refused_before_it_is_read(tmp_path):
    head = io.BytesIO()
    large = {"descr": "|u1", "fortran_order": False, "shape": (10**9, 28, 28)}
    np.lib.format.write_array_header_1_0(head, large)
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", head.getvalue())
    with pytest.raises(ValueError, match="half of the memory.* Received: 784,000 MB"):
        datasets.info(tmp_path / "a.npz")
    head = bytes([0, 0, 8, 3]) + struct.pack(">3I", 10**9, 28, 28)
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(head))
    with pytest.raises(ValueError, match="half of the memory.* Received: 784,000 MB"):
        datasets.info(tmp_path)


def test_bytes_after_the_last_image_are_refused_and_not_all_read(tmp_path):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(GREY) + bytes(2**20))
    with pytest.raises(ValueError, match="reshape array of size 433 into shape"):
        datasets.info(tmp_path)


def test_arrays_that_are_not_square_are_cropped_when_they_are_resized(tmp_path):
    wide = np.zeros((3, 8, 24), np.uint8)
    wide[:, :, 8:16] = 255
    np.savez(tmp_path / "a.npz", x=wide)
    assert datasets.info(tmp_path / "a.npz").shape == (8, 24, 1)
    x, _ = datasets.arrays(tmp_path / "a.npz", "all", image_size=8)
    np.testing.assert_array_equal(x, np.ones((3, 8, 8, 1), np.float32))
