"""The script on networks that are known by heart, and as its user meets it."""

import functools
import json
import os

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import zoo
from applications import style_transfer as script
from applications.shared import training_job
from tests.applications import scripts
from trainers.imaging import ycbcr
from trainers.tasks import image_translation, style_transfer, stylizing

RNG = np.random.default_rng(0)
RUNS = ["mgan", *(pytest.param(name, marks=pytest.mark.slow) for name in script.MODELS[1:])]
SETTINGS = {
    "model": "mgan",
    "dataset": "photos",
    "recipe": "paper",
    "scale": "small",
    "image_size": 16,
    "batch_size": 4,
    "seed": 0,
    "precision": "float32",
    "style": None,
    "source": None,
    "target": None,
}

call = functools.partial(scripts.call, script)


def train(*job, **how):
    return script.train(training_job.TrainingJob(*job, **how))


def negative(channels):
    """A network that makes negatives."""
    inputs = keras.Input((None, None, channels))
    return keras.Model(inputs, keras.layers.Rescaling(-1.0, dtype="float32")(inputs))


@pytest.fixture(scope="module")
def models():
    """Of colours and of luminances, and one that finds its way back by doing nothing."""
    sizes = {"width": 4, "stages": 1, "blocks": 1, "patch_stages": 1}
    found = {
        f"mgan_{channels}": zoo.MGAN(
            image_shape=(16, 16, channels), generator=negative(channels), **sizes
        )
        for channels in (1, 3)
    }
    inputs = keras.Input((None, None, 3))
    same = keras.Model(inputs, keras.layers.Identity()(inputs))
    back = {"generator": negative(3), "inverse_generator": same}
    return found | {"cyclegan": zoo.CycleGAN(image_shape=(16, 16, 3), **back, **sizes)}


def pixels(height, width, channels=3):
    return RNG.integers(30, 225, (height, width, channels)).astype(np.uint8)


def test_colours_become_what_the_model_makes_of_them(models):
    x = pixels(13, 18)
    np.testing.assert_allclose(stylizing.Stylizer(models["mgan_3"]).stylize(x), 255 - x, atol=1)


def test_strength_lies_between_the_photograph_and_what_is_made_of_it(models):
    x = pixels(13, 18).astype(float)
    for strength in (0.0, 0.25, 1.0):
        made = stylizing.Stylizer(models["mgan_3"], strength).stylize(x.astype(np.uint8))
        expected = strength * (255.0 - x) + (1.0 - strength) * x
        np.testing.assert_allclose(made, expected, atol=1.1)


def grey_about(shades):
    """Colours that are far from the ends, so that no brightness cuts them."""
    return (shades + np.array([0, 12, 20])).astype(np.uint8)


@pytest.mark.parametrize("name, keep", [("mgan_1", False), ("mgan_3", True)])
def test_colour_is_kept_where_brightness_alone_is_redrawn(models, name, keep):
    x = grey_about(RNG.integers(90, 150, (12, 14, 1)))
    made = stylizing.Stylizer(models[name], keep_color=keep).stylize(x)
    (before, hue), (after, kept) = (ycbcr.split(image) for image in (x, made))
    np.testing.assert_allclose(kept, hue, atol=0.01)
    middle = 255.0 if name == "mgan_1" else 251.0  # of luminances 16 to 235
    np.testing.assert_allclose(255.0 * (before + after), middle, atol=6)


def test_grey_stays_grey_where_brightness_alone_is_redrawn(models):
    x = pixels(12, 14, 1)
    assert stylizing.Stylizer(models["mgan_1"]).stylize(x).shape == (12, 14, 1)
    assert stylizing.Stylizer(models["mgan_3"]).stylize(x).shape == (12, 14, 3)


def test_what_is_made_grey_of_colours_stays_grey():
    inputs = keras.Input((None, None, 3))
    grey = keras.Model(inputs, keras.layers.Lambda(lambda x: x[..., :1])(inputs))
    sizes = {"width": 4, "stages": 1, "patch_stages": 1}
    model = zoo.Pix2Pix(image_shape=(16, 16, 1), source_channels=3, generator=grey, **sizes)
    made = stylizing.Stylizer(model).stylize(pixels(10, 12)).astype(int)
    assert np.ptp(made, axis=-1).max() <= 1


def test_backwards_is_of_a_cyclegan(models):
    x = pixels(12, 14)
    np.testing.assert_allclose(
        stylizing.Stylizer(models["cyclegan"], backwards=True).stylize(x), x, atol=1
    )
    with pytest.raises(ValueError, match="`backwards` needs a CycleGAN. Received: a MGAN"):
        stylizing.Stylizer(models["mgan_3"], backwards=True)
    with pytest.raises(ValueError, match="`model` should translate. Received: a GAN"):
        stylizing.Stylizer(zoo.create("gan", image_shape=(8, 8, 1)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two folders of pairs, one of them with a file more and a damaged one, and a style."""
    place = tmp_path_factory.mktemp("pictures")
    for kind in ("a", "b"):
        (place / kind).mkdir()
        for i in range(12):
            shade = np.full((16, 16, 3), 20 * i + 10, np.uint8)
            shade[..., 1] = 0 if kind == "a" else 255
            Image.fromarray(shade).save(place / kind / f"{i}.png")
    Image.new("RGB", (16, 16)).save(place / "b" / "more.png")
    (place / "b" / "bad.png").write_bytes(b"cut off")
    Image.fromarray(pixels(42, 50)).save(place / "style.png")
    return place


def test_pairs_may_differ_by_their_suffix_and_validation_serves_as_a_test(tmp_path):
    for kind, suffix in (("a", "png"), ("b", "webp")):
        for split, name in (("train", "0"), ("train", "1"), ("val", "2")):
            (tmp_path / kind / split).mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels(16, 16)).save(tmp_path / kind / split / f"{name}.{suffix}")
    found = image_translation.TranslationData.of_folders(
        tmp_path / "a", tmp_path / "b", paired=True
    )
    assert (len(found.x), len(found.test_x)) == (2, 1)


def test_pictures_of_one_name_are_pairs(folder, capsys):
    found = image_translation.TranslationData.of_folders(folder / "a", folder / "b", paired=True)
    assert "bad.png is skipped" in capsys.readouterr().err
    for x, y in ((found.x, found.y), (found.test_x, found.test_y)):
        np.testing.assert_array_equal(x[..., 0], y[..., 0])
    assert len(found.x) + len(found.test_x) == 12
    x, y = (part.numpy() for part in next(iter(found.batches(8))))
    np.testing.assert_array_equal(x[..., 0], y[..., 0])


def test_without_pairs_each_kind_is_drawn_by_itself(folder):
    found = image_translation.TranslationData.of_folders(folder / "a", folder / "b", paired=False)
    x, y = (part.numpy() for part in next(iter(found.batches(8))))
    assert not np.array_equal(x[..., 0], y[..., 0]) and not found.truth
    later = list(found.batches(8).take(3))[2]
    np.testing.assert_array_equal(later[0], next(iter(found.batches(8, start=(0, 2))))[0])


class Perfect:
    """Knows the truth."""

    def translate(self, x, seed=None):
        made = x.copy()
        made[..., 1] = 1.0
        return made


def test_figures_stand_beside_those_of_cheap_methods(folder):
    lesson = image_translation.TranslationData.of_folders(folder / "a", folder / "b", paired=True)
    figures, rows = lesson.scores(Perfect())
    assert figures["ours"]["l1"] == 0.0 and figures["ours"]["ssim"] == pytest.approx(1.0)
    assert figures["the source itself"]["l1"] == pytest.approx(1.0 / 3.0)
    assert 0.0 < figures["that of the nearest source"]["l1"] < 0.2
    assert list(rows) == ["source", "ours", "truth"]


@pytest.mark.parametrize("name", RUNS)
def test_a_run_leaves_its_pictures_figures_model_and_export(name, folder, tmp_path):
    settings = SETTINGS | {"model": name}
    if name in ("mgan", "spatial_gan"):
        settings["style"] = str(folder / "style.png")
        settings["dataset"] = str(folder / "large")
        (folder / "large" / "train").mkdir(parents=True, exist_ok=True)
        (folder / "large" / "test").mkdir(exist_ok=True)
        Image.fromarray(pixels(40, 44)).save(folder / "large" / "train" / "x.png")
        Image.fromarray(pixels(40, 44)).save(folder / "large" / "test" / "y.png")
    else:
        settings |= {"source": str(folder / "a"), "target": str(folder / "b")}
    out = tmp_path / "run"
    figures = train(settings, 2, out, out / "saved_models")
    assert json.loads((out / "metrics.json").read_text()) == figures
    assert len(figures["scores"]) >= 2 and len(figures["scores"]["ours"])
    assert set(figures["verdicts"]) == set(figures["scores"]) - {"ours"}
    assert (out / "shown.png").exists() and (out / "loss.png").exists()
    served = tf.saved_model.load(figures["saved_model"]).signatures["serving_default"]
    model = keras.saving.load_model(out / "model.keras")
    if name == "spatial_gan":
        script.draw(model, (30, 50), [tmp_path / "a.png", tmp_path / "b.webp"])
        assert Image.open(tmp_path / "b.webp").size == (50, 30)
    else:
        x = RNG.uniform(-1.0, 1.0, (2, 21, 30, 3)).astype("float32")
        (made,) = served(source=tf.constant(x)).values()
        assert made.shape == (2, 21, 30, 3)
        if name != "pix2pix":  # which has noise
            np.testing.assert_allclose(made, model.translate(x), atol=1e-4)
    again = train(settings, 2, out, out / "saved_models", resume=True)
    assert again == figures


def test_worlds_of_pairs_can_be_learned_too():
    lesson = script.load_data(SETTINGS | {"model": "cyclegan", "dataset": "solid2striped"})
    assert lesson.truth and not lesson.paired and len(lesson.x) == 2_500
    paired = script.load_data(SETTINGS | {"model": "pix2pix", "dataset": "edge2shape"})
    assert paired.model_kwargs == {"image_shape": (32, 32, 3), "source_channels": 1}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "dcgan"}, "--model: should be one of mgan, spatial_gan, cyclegan, pix2pix"),
        ({}, "--style: should be an image file. Received: None"),
        ({"style": "none.png"}, "--style: should be an image file. Received: none.png"),
        ({"style": "STYLE", "image_size": 64}, "--style: should have sides from 64 pixels on"),
        ({"style": "STYLE", "dataset": "A"}, "--dataset: "),
        ({"style": "STYLE", "image_size": 18}, "--image_size: "),
        ({"model": "pix2pix"}, "--dataset: should hold pairs of images. Received: photos"),
        ({"model": "pix2pix", "source": "A"}, "--target: should name a folder of images"),
        (
            {"model": "pix2pix", "source": "A", "target": "ALL", "image_size": 16},
            "--target: should have files of the names",
        ),
        ({"model": "cyclegan", "source": "A", "target": "ALL", "image_size": None}, "several siz"),
    ],
)
def test_settings_that_do_not_fit_are_refused_before_anything_is_written(
    changes, message, folder, tmp_path
):
    places = {"STYLE": str(folder / "style.png"), "A": str(folder / "a"), "ALL": str(folder)}
    changes = {name: places.get(value, value) for name, value in changes.items()}
    with pytest.raises(ValueError, match=message):
        train(SETTINGS | changes, 1, tmp_path / "run", tmp_path / "run")
    assert not (tmp_path / "run").exists()


@scripts.ways
def test_a_folder_of_odd_files_is_redrawn_and_the_bad_one_named(run, presets, tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    seen = Image.fromarray(pixels(20, 31))
    seen.putalpha(Image.linear_gradient("L").resize((31, 20)))
    seen.save(images / "seen.png")
    Image.fromarray(pixels(9, 11, 1)[..., 0]).save(images / "grey.png")
    (images / "bad.png").write_bytes(b"cut off")
    flags = ["--preset=mgan_1", f"--images={images}", "--format=webp"]
    code, output, errors = call(run, presets, tmp_path / "out", *flags)
    assert code == 0, errors
    assert "bad.png is skipped: not an image" in errors[0]
    assert " megapixels " in output
    made = Image.open(tmp_path / "out" / "seen.webp")
    assert (made.mode, made.size) == ("RGBA", (31, 20))
    assert Image.open(tmp_path / "out" / "grey.webp").size == (11, 9)
    assert (tmp_path / "out" / "before_after.png").exists()


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--images=none"], "--images should be given with --preset or --run"),
        (["--preset=mgan_1", "--size=3by4"], "--size: should be HEIGHTxWIDTH in pixels"),
        (["--preset=mgan_1", "--size=3x4", "--strength=0.5"], "--strength should be given without"),
        (
            ["--preset=mgan_1", "--images=a", "--count=2"],
            "--count should be given without --images",
        ),
        (["--style=a.png", "--source=b"], "--source should be given without --model=mgan."),
        (["--model=pix2pix", "--style=a"], "--style should be given without --model=pix2pix"),
        (
            ["--model=cyclegan", "--source=a", "--target=b", "--dataset=photos"],
            "--dataset should be given without --source and --target.",
        ),
        (["--preset=mgan_1"], "--images: should name an image"),
        (["--strength=0.5"], "--strength should be given with --preset or --run"),
        (
            ["--preset=mgan_1", "--style=a.png"],
            "--style applies to training only. Remove it, or --preset and --run.",
        ),
    ],
)
def test_wrong_flags_are_answered_in_one_line_before_any_work(presets, tmp_path, flags, message):
    code, _, errors = call(scripts.here, presets, tmp_path / "out", *flags)
    assert (code, len(errors)) == (2, 1)
    assert message in errors[0]
    assert not (tmp_path / "out").exists()


def test_wrong_flags_are_answered_without_tensorflow(presets, tmp_path):
    flags = ["--preset=mgan_1", "--size=3by4"]
    code, _, errors = call(scripts.alone, presets, tmp_path, *flags, without_tensorflow=True)
    assert (code, len(errors)) == (2, 1)
    assert "--size: should be HEIGHTxWIDTH in pixels" in errors[0]


def test_only_a_spatial_gan_draws_textures(models, tmp_path):
    with pytest.raises(ValueError, match="--size: needs a SpatialGAN. Received: a MGAN"):
        script.draw(models["mgan_1"], (8, 8), [tmp_path / "a.png"])


def test_a_lesson_of_style_knows_its_cheapest_answer(folder):
    """A model that does nothing is as far from the style as it was, and has all its edges."""

    class Idle:
        def translate(self, x):
            return x

    x = style_transfer.to_network_range(pixels(64, 68), 3)
    lesson = style_transfer.StyleData(
        [x], {"y": x}, style_transfer.load_style(folder / "style.png", 16), 16
    )
    figures, _ = lesson.scores(Idle())
    assert figures["ours"] == pytest.approx({"style": 0.0, "edges": 1.0})
    before, _ = style_transfer.style_distance(lesson.style, x)
    matched = style_transfer.match_histogram(x, lesson.style)
    assert figures["histogram"] == style_transfer.score_stylized(x, before, matched, lesson.style)


def test_a_pipe_is_no_style(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(ValueError, match="`style` should be an image file.*not a regular file"):
        style_transfer.load_style(tmp_path / "pipe.png", 32)
