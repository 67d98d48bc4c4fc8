"""The editor on a generator that is known by heart, and the script as its user meets it."""

import keras
import numpy as np
import pytest
from PIL import Image

import zoo
from applications import semantic_editing
from applications.shared import attribute_directions, image_files
from tests.applications import scripts
from trainers import files
from trainers.tasks import semantic_editing as task


@pytest.fixture(scope="module")
def model():
    """Its latents are the brightness of the upper and of the lower half."""
    inputs = keras.Input((2,))
    kernel = np.zeros((2, 8, 8, 1), "float32")
    kernel[0, :4] = kernel[1, 4:] = 1.0
    dense = keras.layers.Dense(64)
    image = keras.layers.Reshape((8, 8, 1))(dense(inputs))
    dense.set_weights([kernel.reshape(2, 64), np.zeros(64, "float32")])
    generator = keras.Model(inputs, image)
    return zoo.GAN(generator=generator, image_shape=(8, 8, 1), latent_dim=2, width=8)


@pytest.fixture(scope="module")
def models(model):
    return {"halves": model}


@pytest.fixture
def editor(model):
    return task.LatentEditor(model, steps=200)


def halves(upper, lower):
    image = np.empty((1, 8, 8, 1), "float32")
    image[:, :4], image[:, 4:] = upper, lower
    return image


def test_an_edit_moves_what_its_direction_says_and_keeps_what_the_model_cannot_draw(editor):
    x = halves(0.2, -0.3)
    x[0, 0, 0] = 1.0  # no latent has this
    latents, errors = editor.invert(x)
    np.testing.assert_allclose(latents, [[0.225, -0.3]], atol=1e-3)
    assert errors[0] == pytest.approx(0.8**2 * (1 - 1 / 32) / 64 / 4, rel=1e-2)
    moved = editor.move(x, latents, {"upper": (np.array([0.5, 0.0]), 0.5)})
    np.testing.assert_allclose(moved[0, 1:4], 0.45, atol=1e-5)
    np.testing.assert_allclose(moved[0, 4:], -0.3, atol=1e-5)
    assert moved[0, 0, 0, 0] == 1.0


def test_paint_under_a_mask_spreads_over_what_hangs_together(editor):
    x = halves(-0.5, -0.5)
    latents, _ = editor.invert(x)
    mask = np.zeros((1, 8, 8), bool)
    mask[0, 1, 2:4] = True
    after = editor.paint(x, latents, mask, np.array([0.6]))
    np.testing.assert_allclose(after[0, :4], 0.6, atol=0.05)
    np.testing.assert_allclose(after[0, 4:], -0.5, atol=0.01)


def test_attributes_of_a_table_become_directions(editor, tmp_path):
    rng = np.random.default_rng(0)
    z = rng.uniform(-1.0, 1.0, (200, 2))
    table = tmp_path / "table.csv"
    lines = [f"{i}.png,{2.0 * u + 1.0},{int(v > 0)}" for i, (u, v) in enumerate(z)]
    table.write_text("\n".join(["file,upper,lower", *lines]))
    names = [f"{i}.png" for i in range(200)]
    found = attribute_directions.learn_directions(z, names, attribute_directions.load_table(table))
    np.testing.assert_allclose(found["upper"], 0.5 * np.cov(z.T)[0] / z[:, 0].var(), atol=0.01)
    np.testing.assert_allclose(found["lower"], [0.0, 1.0], atol=0.25)


def test_discovered_directions_of_halves_are_the_halves(editor):
    found = editor.discover("sefa", 2)
    np.testing.assert_allclose(np.abs(list(found.values())).sum(axis=0), [1.0, 1.0], atol=1e-6)
    assert list(editor.discover("pca", 1)) == ["pca_0"]


def test_codes_of_an_infogan_are_directions():
    sizes = {"categories": 3, "codes": 2, "latent_dim": 4, "width": 8}
    model = zoo.create("infogan", image_shape=(8, 8, 1), **sizes)
    editor = task.LatentEditor(model, steps=5)
    found = editor.discover("code", 5)
    assert list(found) == ["code_0", "code_1"]
    z = editor.sample(1)
    moved = editor.generate(z + found["code_1"])
    codes = z[:, 7:] + [[0.0, 1.0]]
    expected = model.predict([z[:, :4], z[:, 4:7], codes.astype("float32")], verbose=0)
    np.testing.assert_allclose(moved, expected, atol=1e-5)
    assert len(editor.discover("pca", 2)) == 2


def test_codes_are_of_an_infogan(editor):
    with pytest.raises(
        ValueError, match="`method` should be 'code' for an InfoGAN only. Received: a GAN"
    ):
        editor.discover("code", 1)


def test_a_morph_begins_and_ends_with_its_images(editor):
    latents = np.array([[0.5, 0.1], [-0.2, 0.4]], "float32")
    path = editor.morph(*latents, 5)
    np.testing.assert_allclose(path[[0, -1]], editor.generate(latents), atol=1e-6)


@pytest.mark.parametrize(
    "name, sizes, message",
    [
        ("gan", {"image_shape": (2,)}, "should draw images"),
        (
            "cgan",
            {"image_shape": (8, 8, 1), "classes": 3},
            "only latents and codes as inputs. Received: a CGAN",
        ),
        ("pix2pix", {"image_shape": (16, 16, 1), "patch_stages": 1, "width": 2}, "`translate`"),
    ],
)
def test_models_of_more_than_latents_are_refused(name, sizes, message):
    with pytest.raises(ValueError, match=message):
        task.LatentEditor(zoo.create(name, **sizes))


@pytest.fixture
def images(tmp_path):
    """Two images of one name in two folders, and a file that is none."""
    for folder, upper in (("one", 0.5), ("two", -0.5)):
        image_files.save_image(halves(upper, -0.5)[0], tmp_path / "images" / folder / "a.png")
    (tmp_path / "images" / "bad.jpg").write_bytes(b"cut off")
    return tmp_path / "images"


@pytest.mark.parametrize("suffix", ["png", "jpeg", "webp"])
def test_images_are_written_in_the_format_of_their_suffix(tmp_path, suffix):
    image_files.save_image(halves(0.5, -0.5)[0].repeat(4, axis=0), tmp_path / f"a.{suffix}")
    with Image.open(tmp_path / f"a.{suffix}") as image:
        assert image.format == suffix.upper()
        pixels = np.asarray(image.convert("L"))
    np.testing.assert_allclose([pixels[4, 4], pixels[-4, 4]], [191, 64], atol=3)


def test_images_of_one_name_are_distinguished_by_their_folders(images):
    found, x, _ = image_files.load_images(str(images), (8, 8, 1))
    assert [str(image.name) for image in found] == ["one/a.png", "two/a.png"]
    np.testing.assert_allclose(x[:, 0, 0, 0], [0.5, -0.5], atol=0.01)


@pytest.mark.parametrize(
    "parts, needed, message",
    [
        (["one/a.png", "one/a.png"], 2, "should name each image once. Received: .*one/a.png twice"),
        (["one/a.png", "bad.jpg"], 2, "should name 2 images that can be read. Received: 1"),
        (["none.png"], None, "should name files or folders. Received: .*none.png"),
        (["bad.jpg"], None, "should name an image at least"),
    ],
)
def test_images_that_do_not_suffice_are_refused(images, parts, needed, message):
    with pytest.raises(ValueError, match=f"--images: {message}"):
        image_files.load_images(",".join(str(images / part) for part in parts), (8, 8, 1), needed)


@pytest.mark.parametrize(
    "lines, balance, message",
    [
        (["x.png,1,0"], None, "such as 0.png, 1.png. It names none"),
        (["0.png,1,0", "1.png,1,1"], None, "bold: There should be at least one latent for off"),
        (
            ["0.png,1,0", "1.png,0,1"],
            "wide",
            "bold: There should be at least one latent for each combination",
        ),
        (["0.png,1,0", "1.png,0,1.5"], "wide", "should have 0 and 1 only, with --balance"),
        (["0.png,1,0"], "high", "should have a column for --balance. Received: high"),
        (["0.png,1"], None, "should have 3 cells in each row. Received: 2 in row 2"),
        (
            ["0.png,1,0", "1.png,0,yes"],
            None,
            "numbers .* Received: wide='yes' of 1.png",
        ),
        (["0.png,1,0", "0.png,0,1"], None, "should name each file once"),
    ],
)
def test_errors_about_a_table_name_the_attribute(tmp_path, lines, balance, message):
    (tmp_path / "table.csv").write_text("\n".join(["file,bold,wide", *lines]))
    with pytest.raises(ValueError, match=f"--attributes: .*{message}"):
        table = attribute_directions.load_table(tmp_path / "table.csv", balance)
        attribute_directions.learn_directions(np.zeros((2, 1)), ["0.png", "1.png"], table, balance)


def test_rows_of_a_table_without_an_image_are_named():
    table = {f"{i}.png": {} for i in range(5)}
    assert attribute_directions.count_matches(list(table), table) == (
        "5 of 5 rows of the table have an image"
    )
    assert attribute_directions.count_matches(["0.png"], table) == (
        "1 of 5 rows of the table have an image; those of 1.png, 2.png, 3.png and 1 more have none."
    )


def test_sefa_asks_for_a_dense_layer_that_reads_the_latent():
    model = zoo.create("lapgan", image_shape=(8, 8, 1), levels=1, width=4)
    with pytest.raises(ValueError, match="should begin with a dense layer"):
        task.LatentEditor(model).discover("sefa", 1)


def call(run, presets, out, *flags, **how):
    flags = [flag.replace("OUT", str(out)) for flag in flags]
    steps = [] if "--edit=discover" in flags else ["--steps=100"]
    flags = ["--preset=halves", f"--out={out}", *steps, *flags]
    code, output, errors = run(semantic_editing, *flags, GAN_ZOO_PRESETS=str(presets), **how)
    errors = [line for line in errors.splitlines() if line.startswith(("semantic", str(out)))]
    return code, output, errors


@scripts.ways
def test_a_folder_of_odd_files_is_edited_and_the_bad_one_named(run, presets, tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    image_files.save_image(halves(0.5, -0.5)[0], images / "a.png")
    wide = Image.new("LA", (40, 20), (255, 255))
    wide.paste((255, 0), (0, 0, 20, 20))
    wide.save(images / "wide.png", dpi=(300, 300))
    (images / "bad.jpg").write_bytes(b"cut off")
    with files.atomic_path(tmp_path / "directions.npz") as draft:
        np.savez(draft, upper=np.array([0.5, 0.0]))
    flags = ["--edit=move", "--move=upper:1", f"--images={images}"]
    code, output, errors = call(run, presets, tmp_path, *flags)
    assert code == 0, errors
    assert "2 images" in output
    assert any("bad.jpg is skipped: not an image" in line for line in errors)
    assert sorted(path.name for path in (tmp_path / "moved").iterdir()) == ["a.png", "wide.png"]
    result = Image.open(tmp_path / "moved" / "wide.png")
    np.testing.assert_allclose(result.info["dpi"], 300, atol=0.5)
    opacity = np.asarray(result.getchannel("A"))
    assert (opacity[:, :3] < 20).all() and (opacity[:, 5:] > 235).all()  # as it was
    after = np.asarray(Image.open(tmp_path / "moved" / "a.png"))
    assert after[:4].mean() == pytest.approx(255, abs=2)
    assert after[4:].mean() == pytest.approx(64, abs=2)
    image_files.save_image(halves(0.1, 0.1)[0], images / "new.png")
    code, _, errors = call(run, presets, tmp_path, *flags)
    assert code == 2 and "a.png exists already. Replace it with --overwrite" in errors[0]
    code, output, errors = call(run, presets, tmp_path, *flags, "--skip_existing")
    assert code == 0, errors
    assert "2 of 4 images have a result already: skipped." in output
    assert (tmp_path / "moved" / "new.png").exists() and (tmp_path / "moved_2.png").exists()


def test_directions_are_drawn_and_a_second_batch_has_a_picture_of_its_own(presets, tmp_path):
    for method, name in (("sefa", "directions.png"), ("pca", "directions_2.png")):
        flags = ["--edit=discover", f"--method={method}", "--count=2"]
        code, output, errors = call(scripts.here, presets, tmp_path, *flags)
        assert code == 0, errors
        assert str(tmp_path / name) in output
        picture = np.asarray(Image.open(tmp_path / name))
        assert picture.shape[0] == 24 + 2 * 50 + 2 and picture.shape[1] > 12 * 50


@pytest.mark.parametrize(
    "flags, message",
    [
        (["--edit=move"], "--move: should be name:amount, such as bold:1.5"),
        (["--edit=move", "--move=up:1"], "--move: should name directions of"),
        (["--edit=learn"], "--attributes: should name a CSV"),
        (["--edit=learn", "--attributes=none.csv"], "--attributes: should be a CSV with a column"),
        (["--edit=learn", "--attributes=OUT/nan.csv"], "should have lines of finite numbers"),
        (["--edit=move", "--move=known:nan"], "--move: should be name:amount, a finite number"),
        (["--edit=discover", "--count=1"], "has sefa_0 already"),
        (["--edit=discover", "--images=a.png"], "--images should be given without --edit=discover"),
        (["--count=3"], "--count should be given without --edit=invert: nothing would use it."),
        (
            ["--edit=move", "--images=a.png", "--count=3"],
            "--count should be given without --images",
        ),
        (["--edit=paint"], "--mask: should be an image"),
        (["--edit=paint", "--mask=OUT/morph.png", "--color=2"], "--color: should be one number"),
        (["--edit=morph"], "morph.png exists already"),
    ],
)
def test_wrong_flags_are_answered_in_one_line_before_any_work(presets, tmp_path, flags, message):
    (tmp_path / "morph.png").touch()
    (tmp_path / "nan.csv").write_text("file,bold\na.png,nan\n")
    np.savez(tmp_path / "directions.npz", known=np.zeros(2), sefa_0=np.zeros(2))
    code, _, errors = call(scripts.here, presets, tmp_path, *flags)
    assert (code, len(errors)) == (2, 1)
    assert message in errors[0]


def test_wrong_flags_are_answered_without_tensorflow(presets, tmp_path):
    how = {"without_tensorflow": True}
    code, _, errors = call(scripts.alone, presets, tmp_path, "--edit=paint", **how)
    assert (code, len(errors)) == (2, 1)
    assert "--mask: should be an image" in errors[0]
