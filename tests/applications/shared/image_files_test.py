"""Anyone's files: what is read of them, and where results go."""

import numpy as np
import pytest
from PIL import Image

from applications.shared import image_files
from trainers.imaging import grids

RNG = np.random.default_rng(0)


def save(path, size=(8, 6), mode="RGB"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(RNG.integers(0, 255, (*size[::-1], 3)).astype("uint8")).convert(mode).save(path)


def targets(text, out, suffix="png", overwrite=False):
    found = image_files.ImageFolder(str(text), out, suffix, overwrite)
    return {target.relative_to(out).as_posix(): path.name for target, path in found.targets.items()}


def test_an_image_is_never_replaced_by_its_result(tmp_path):
    save(tmp_path / "a.png")
    with pytest.raises(ValueError, match="--out: should be another folder than the images'"):
        targets(tmp_path, tmp_path, overwrite=True)
    assert targets(tmp_path, tmp_path, "webp") == {"a.webp": "a.png"}


def test_results_among_the_images_are_not_taken_for_some(tmp_path):
    save(tmp_path / "a.png")
    save(tmp_path / "out" / "a.png")
    assert targets(tmp_path, tmp_path / "out", overwrite=True) == {"a.png": "a.png"}


def test_images_of_linked_folders_are_taken_unless_they_are_results(tmp_path):
    folder, out = tmp_path / "photos" / "deep" / "er", tmp_path / "photos" / "large"
    save(tmp_path / "a.png")
    save(out / "b.png")
    folder.mkdir(parents=True)
    (folder / "a.png").symlink_to(tmp_path / "a.png")
    (folder / "results").symlink_to(out)
    deep = folder.joinpath(*"abcdefghijklmnop")  # deeper than the image that it leads to
    deep.mkdir(parents=True)
    (deep / "a.png").symlink_to(tmp_path / "a.png")
    found = targets(tmp_path / "photos", out)
    assert list(found) == ["deep/er/a.png", f"deep/er/{deep.relative_to(folder)}/a.png"]


def test_where_all_but_unreadable_images_are_done_nothing_is_wrong(tmp_path, capsys):
    out = tmp_path / "out"
    save(tmp_path / "x" / "a.png")
    (tmp_path / "x" / "circle.png").symlink_to("circle.png")
    save(out / "a.png")
    album = image_files.ImageFolder(str(tmp_path / "x"), out, "png", False, skip_existing=True)
    assert list(album) == [] and len(album) == 1
    assert "circle.png is skipped" in capsys.readouterr().err
    album.save_before_after({"before": [], "after": []})
    assert not album.before_after.exists()
    album = image_files.ImageFolder(str(tmp_path / "x"), tmp_path / "new", "png", False)
    with pytest.raises(ValueError, match="--images: should name an image that can be read"):
        album.save_before_after({"before": [], "after": []})


def test_the_name_of_the_comparison_is_taken(tmp_path):
    save(tmp_path / "before_after.jpg")
    with pytest.raises(ValueError, match="--images: should be named otherwise"):
        targets(tmp_path, tmp_path / "out")


def test_two_batches_live_in_one_folder_and_results_that_exist_can_be_skipped(tmp_path, capsys):
    out = tmp_path / "out"
    save(tmp_path / "x" / "a.png")
    save(tmp_path / "x" / "b.png")
    for name in ("a.png", "before_after.png"):
        save(out / name)
    with pytest.raises(ValueError, match="a.png exists already.*--overwrite.*--skip_existing"):
        targets(tmp_path / "x", out)
    album = image_files.ImageFolder(str(tmp_path / "x"), out, "png", False, skip_existing=True)
    assert list(album.targets) == [out / "b.png"]
    assert album.before_after == out / "before_after_2.png"
    assert "1 of 2 images have a result already: skipped." in capsys.readouterr().out
    assert image_files.ImageFolder(str(tmp_path / "x" / "b.png"), out, "png", False)
    with pytest.raises(ValueError, match="--skip_existing: should be given without --overwrite"):
        image_files.ImageFolder(str(tmp_path / "x"), out, "png", True, skip_existing=True)


def test_a_comma_in_a_name_is_no_second_file(tmp_path):
    save(tmp_path / "a, b.png")
    assert targets(tmp_path / "a, b.png", tmp_path / "out") == {"a, b.png": "a, b.png"}


@pytest.mark.parametrize("text", ["", "a.png,", "none"])
def test_nothing_is_not_everything(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "a.png")
    with pytest.raises(ValueError, match="--images: should name files or folders"):
        targets(text, tmp_path / "out")


def test_what_a_format_cannot_hold_is_passed_over_before_any_work(tmp_path, capsys):
    save(tmp_path / "in" / "long.png", size=(5_000, 2))
    save(tmp_path / "in" / "short.png")
    album = image_files.ImageFolder(str(tmp_path / "in"), tmp_path / "out", "webp", False)
    assert [target.name for target, *_ in album.for_factor(4)] == ["short.webp"]
    assert "long.png is skipped: webp holds 16,383 pixels a side" in capsys.readouterr().err
    assert len(list(album)) == 2


def test_hidden_colours_do_not_show_at_edges():
    pixels = np.array([[[0], [0], [200], [100]]], np.uint8)
    opacity = np.array([[[0], [0], [255], [9]]], np.uint8)
    assert image_files.fill_transparent(pixels, opacity).ravel().tolist() == [200, 200, 200, 100]
    np.testing.assert_array_equal(image_files.fill_transparent(pixels, 0 * opacity), pixels)


def test_opaque_formats_show_white_where_nothing_is(tmp_path):
    empty = np.zeros((4, 4, 1), np.uint8)
    image_files.save_photograph(np.zeros((4, 4, 3), np.uint8), empty, tmp_path / "a.jpeg")
    assert np.asarray(Image.open(tmp_path / "a.jpeg")).min() > 250


def test_the_middle_of_a_small_image_is_framed():
    np.testing.assert_array_equal(grids.center_crop(np.ones((2, 2, 1)), 4)[1:3, 1:3], 1.0)
    assert grids.center_crop(np.arange(100).reshape(10, 10, 1), 2)[0, 0, 0] == 44


def test_images_for_a_model_may_differ_by_their_suffix_only(tmp_path):
    for name in ("a.jpg", "a.png"):
        save(tmp_path / name)
    images, x, _ = image_files.load_images(str(tmp_path), (8, 8, 3))
    assert [str(image.name) for image in images] == ["a.jpg", "a.png"] and len(x) == 2
    found = [image.target(tmp_path / "out", "png").name for image in images]
    assert found == ["a.jpg.png", "a.png.png"]


def test_where_others_are_left_out_no_image_has_to_be_readable(tmp_path, capsys):
    save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"no image")
    images, x, _ = image_files.load_images(
        str(tmp_path), (8, 8, 1), wanted=lambda image: image.name.name == "b.png"
    )
    assert images == [] and x.shape == (0, 8, 8, 1)
    assert "b.png is skipped" in capsys.readouterr().err
    with pytest.raises(ValueError, match="--images: should name an image at least"):
        image_files.load_images(str(tmp_path / "b.png"), (8, 8, 1))


def test_results_keep_profile_dpi_and_exif_and_what_is_lost_is_said_once(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    for name in "ab":
        wide = Image.fromarray(np.full((4, 4), 40_000, np.uint16))
        wide.save(tmp_path / "in" / f"{name}.png", dpi=(300, 300))
    album = image_files.ImageFolder(str(tmp_path / "in"), tmp_path / "out", "png", False)
    for target, pixels, opacity, metadata in album:
        image_files.save_photograph(pixels, opacity, target, metadata)
    assert capsys.readouterr().out == "2 of 2 images had 16 bits a channel: results have 8.\n"
    assert round(Image.open(tmp_path / "out" / "a.png").info["dpi"][0]) == 300
