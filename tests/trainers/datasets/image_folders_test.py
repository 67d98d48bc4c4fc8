"""Anyone's folder: its labels, its splits, what is skipped; and images are decoded once."""

import shutil
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from trainers import datasets
from trainers.datasets import image_cache, image_decoding, image_folders


def save(path, level=100, size=(20, 16), mode="RGB"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, level if mode == "L" else (level,) * 3).save(path)


@pytest.fixture
def photos(tmp_path):
    """50 images of one colour each, flat."""
    for i in range(50):
        save(tmp_path / "photos" / f"{i:02d}.png", level=5 * i)
    return tmp_path / "photos"


def levels(x):
    """Images of one colour each in [-1, 1] -> that colour, 0 … 255."""
    return np.rint((x.mean(axis=(1, 2, 3)) + 1) * 127.5).astype(int).tolist()


def test_a_flat_folder_has_no_labels_and_a_tenth_is_held_out(photos, tmp_path):
    info = datasets.info(photos, 16, tmp_path)
    assert info.name == "photos" and info.shape == (16, 16, 3)
    assert info.classes is None and info.y_shape is None and info.class_names == ()
    assert info.splits == {"train": 45, "test": 5, "all": 50}
    seen = []
    for split in ("train", "test"):
        x, y = datasets.arrays(photos, split, 16, tmp_path)
        assert y is None and x.dtype == np.float32
        seen += levels(x)
    assert sorted(seen) == [5 * i for i in range(50)]
    assert len(set(seen)) == 50


def test_a_new_file_moves_few_others_between_the_splits(photos, tmp_path):
    before = set(datasets.factors(photos, "test", 16, tmp_path)["file"])
    save(photos / "new.png")
    after = set(datasets.factors(photos, "test", 16, tmp_path)["file"])
    assert len(before - after) <= 1


def test_folders_are_classes_in_alphabetical_order_however_deep_the_files_lie(tmp_path):
    save(tmp_path / "pets/dog/a.png", 10)
    save(tmp_path / "pets/cat/b.PNG", 20)
    save(tmp_path / "pets/cat/more/c.png", 30)
    info = datasets.info(tmp_path / "pets", data_dir=tmp_path)
    assert info.class_names == ("cat", "dog") and info.classes == 2 and info.y_shape == ()
    x, y = datasets.arrays(str(tmp_path / "pets"), "all", data_dir=tmp_path)
    assert dict(zip(levels(x), y.tolist(), strict=True)) == {10: 1, 20: 0, 30: 0}
    assert y.dtype == np.int32


def test_folders_named_after_splits_are_splits(tmp_path):
    for name, level in (("train/a", 10), ("train/b", 20), ("val/a", 30), ("Test/b", 40)):
        save(tmp_path / "set" / name / "0.png", level)
    info = datasets.info(tmp_path / "set", data_dir=tmp_path)
    assert info.splits == {"train": 2, "test": 1, "validation": 1, "all": 4}
    assert info.class_names == ("a", "b")
    x, y = datasets.arrays(tmp_path / "set", "test", data_dir=tmp_path)
    assert levels(x) == [40] and y.tolist() == [1]


def test_an_empty_folder_to_train_on_does_not_mean_those_to_test_with(tmp_path):
    save(tmp_path / "set" / "test" / "0.png")
    (tmp_path / "set" / "Train").mkdir()
    sentence = "^`name` should be .* whose folder Train has none. Fill or remove it$"
    with pytest.raises(ValueError, match=sentence):
        image_folders.find(tmp_path / "set")


def test_images_that_are_all_held_out_are_not_trained_on(tmp_path):
    (tmp_path / "test").mkdir()
    for name in ("a.png", "b.png"):
        Image.new("L", (8, 8)).save(tmp_path / "test" / name)
    with pytest.raises(ValueError, match="whose images are all held out: it has no folder `train`"):
        datasets.load(str(tmp_path), batch_size=1)


def test_a_folder_called_train_beside_other_classes_is_a_class(tmp_path):
    for name in ("train", "bus"):
        save(tmp_path / "traffic" / name / "0.png")
    assert datasets.info(tmp_path / "traffic", data_dir=tmp_path).class_names == ("bus", "train")


def test_grey_files_have_one_channel_and_one_colour_file_makes_three(tmp_path):
    for i in range(3):
        save(tmp_path / f"a/{i}.png", 50 + i, mode="L")
    assert datasets.info(tmp_path / "a", data_dir=tmp_path).shape == (16, 20, 1)
    save(tmp_path / "a/colour.png")
    assert datasets.info(tmp_path / "a", data_dir=tmp_path).shape == (16, 20, 3)


def test_what_cannot_be_read_is_skipped_with_a_count_and_a_list(photos, tmp_path):
    (photos / "empty.jpg").write_bytes(b"")
    (photos / "cut.png").write_bytes((photos / "00.png").read_bytes()[:45])
    (photos / "gone.png").symlink_to(tmp_path / "nowhere.png")
    (photos / "notes.txt").write_text("passed over without a word")
    (photos / ".hidden.png").write_bytes(b"so is this")
    with pytest.warns(UserWarning, match=r"^3 of 53 files of .*photos are skipped: cut\.png \("):
        info = datasets.info(photos, 8, tmp_path)
    assert sorted(name for name, _ in info.skipped) == ["cut.png", "empty.jpg", "gone.png"]
    assert info.splits["all"] == 50
    (listed,) = tmp_path.glob("images/photos-*/skipped.txt")
    assert len(listed.read_text().splitlines()) == 3
    with pytest.warns(UserWarning, match="skipped"):
        data = datasets.load(photos, "all", 10, image_size=8, data_dir=tmp_path)
    assert sorted(levels(np.concatenate(list(data)))) == [5 * i for i in range(50)]


def test_links_that_lead_in_circles_are_followed_once(photos, tmp_path):
    (photos / "again").symlink_to(photos)
    assert datasets.info(photos, 8, tmp_path).splits["all"] == 50


def test_images_of_different_sizes_need_a_size(photos, tmp_path):
    assert datasets.info(photos, data_dir=tmp_path).shape == (16, 20, 3)
    save(photos / "large.png", size=(300, 200))
    sentence = (
        r"^`image_size` should be given: the images of .*photos are of 2 sizes, from 16x20 to "
        r"200x300\. Received: image_size=None$"
    )
    with pytest.raises(ValueError, match=sentence):
        datasets.load(photos, data_dir=tmp_path)
    data = datasets.load(photos, batch_size=4, image_size=8, data_dir=tmp_path)
    assert data.element_spec.shape == (4, 8, 8, 3)


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "should be a folder with images .* which has none$"),
        ({"a.txt": b"text"}, "should be a folder with images .* which has none$"),
        ({"a.png": b"text"}, r"of whose 1 none can be read: a\.png is not an image$"),
    ],
)
def test_a_folder_without_an_image_is_refused(files, sentence, tmp_path):
    (tmp_path / "folder").mkdir()
    for name, data in files.items():
        (tmp_path / "folder" / name).write_bytes(data)
    with pytest.raises(ValueError, match=sentence):
        datasets.load(tmp_path / "folder", image_size=8, data_dir=tmp_path / "data")


@pytest.mark.parametrize("size", [0, -8, 8.0, True, "8"])
def test_a_wrong_size_is_refused_before_anything_is_decoded(size, photos, tmp_path):
    with pytest.raises(ValueError, match="^`image_size` should be a positive integer, or None"):
        datasets.load(photos, image_size=size, data_dir=tmp_path / "data")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("name", ["./nothing", "~/nothing/here", "/nothing/here", "nothing/here"])
def test_a_path_where_there_is_nothing_is_said_so(name):
    with pytest.raises(ValueError, match="^`name` is a path where there is nothing"):
        datasets.load(name)


def test_a_file_that_is_no_archive_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("1,2")
    with pytest.raises(ValueError, match="path of a folder or of an .npz file"):
        datasets.load(tmp_path / "a.csv")


def test_a_folder_without_labels_cannot_be_loaded_with_labels(photos, tmp_path):
    with pytest.raises(ValueError, match=r"`labels` should be False for 'photos', which has none"):
        datasets.load(photos, labels=True, image_size=8, data_dir=tmp_path)


def test_images_are_decoded_once_for_a_size_and_again_when_a_file_changes(
    photos, tmp_path, monkeypatch
):
    decoded = []
    decode = image_decoding.decode
    monkeypatch.setattr(image_decoding, "decode", lambda *a: decoded.append(a[0]) or decode(*a))
    for _ in range(2):
        datasets.arrays(photos, "train", 8, tmp_path)
        datasets.arrays(photos, "test", 8, tmp_path)
    assert len(decoded) == 50
    datasets.info(photos, 4, tmp_path)
    assert len(decoded) == 100
    save(photos / "00.png", level=222)
    x, _ = datasets.arrays(photos, "all", 8, tmp_path)
    assert len(decoded) == 150 and levels(x)[0] == 222


def test_an_opened_folder_is_walked_once_and_a_new_open_notices_a_change(
    photos, tmp_path, monkeypatch
):
    walks = []
    find = image_folders.find
    monkeypatch.setattr(image_folders, "find", lambda path: walks.append(path) or find(path))
    source = datasets.open(photos, 8, tmp_path)
    for start in ((0, 0), (0, 2)):
        batches = list(source.load("all", 10, start=start).as_numpy_iterator())
        assert len(batches) == 5 - start[1]
    x, _ = source.arrays("all")
    assert source.info().shape == x.shape[1:] == (8, 8, 3)
    assert sorted(source.factors("all")["file"]) == sorted(path.name for path in photos.iterdir())
    assert len(walks) == 1
    np.testing.assert_array_equal(x, datasets.arrays(photos, "all", 8, tmp_path)[0])
    assert len(walks) == 2
    save(photos / "new.png")
    assert datasets.open(photos, 8, tmp_path).info().splits["all"] == 51
    assert len(walks) == 3
    np.testing.assert_array_equal(source.arrays("all")[0], x)


def test_a_store_that_is_damaged_or_half_written_is_written_again(photos, tmp_path, monkeypatch):
    first, _ = datasets.arrays(photos, "all", 8, tmp_path)
    (pixels,) = tmp_path.glob("images/photos-*/pixels")
    pixels.write_bytes(pixels.read_bytes()[:100])
    again, _ = datasets.arrays(photos, "all", 8, tmp_path)
    np.testing.assert_array_equal(first, again)

    def stopped(*arguments):
        raise KeyboardInterrupt

    shutil.rmtree(tmp_path / "images")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(image_cache.json, "dumps", stopped)
        datasets.arrays(photos, "all", 8, tmp_path)
    assert list((tmp_path / "images").iterdir()) == []
    np.testing.assert_array_equal(first, datasets.arrays(photos, "all", 8, tmp_path)[0])


def test_a_stream_of_a_folder_is_the_same_twice_and_has_each_image_once(photos, tmp_path):
    def epochs():
        data = datasets.load(photos, "all", 10, image_size=8, data_dir=tmp_path, seed=3)
        return [np.concatenate(list(data.as_numpy_iterator())) for _ in range(2)]

    first, second = epochs()
    np.testing.assert_array_equal(first, epochs()[0])
    assert levels(first) != levels(second)
    assert sorted(levels(first)) == [5 * i for i in range(50)]
    resumed = datasets.load(
        photos, "all", 10, image_size=8, data_dir=tmp_path, seed=3, start=(1, 2)
    )
    rest = np.concatenate(list(resumed.as_numpy_iterator()))
    np.testing.assert_array_equal(rest, second[20:])


def test_a_store_is_read_by_several_threads_at_once(tmp_path):
    (tmp_path / "pixels").write_bytes(bytes(range(250)))
    rows = image_cache.Rows(tmp_path / "pixels", (1, 1, 1), np.arange(250))
    orders = [np.random.default_rng(i).permutation(250) for i in range(50)]
    with ThreadPoolExecutor(8) as workers:
        for order, taken in zip(orders, workers.map(rows.__getitem__, orders), strict=True):
            assert taken[:, 0, 0, 0].tolist() == order.tolist()


def test_preparing_is_quiet_where_nobody_watches(photos, tmp_path, capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        datasets.info(photos, 8, tmp_path)
    out, err = capfd.readouterr()
    assert out == "" and "photos" not in err


def test_a_few_of_many_are_evenly_spaced(photos, tmp_path):
    x, _ = datasets.arrays(photos, "all", 8, tmp_path, count=10)
    assert levels(x) == [25 * i for i in range(10)]
    assert len(datasets.arrays(photos, "all", 8, tmp_path, count=100)[0]) == 50
    points, modes = datasets.arrays("ring", "test", count=7)
    assert len(points) == len(modes) == 7
    with pytest.raises(ValueError, match="^`count` should be a positive integer or None"):
        datasets.arrays("ring", count=0)
