"""The script on networks that are known by heart, and as its user meets it."""

import functools
import json
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import zoo
from applications import super_resolution as script
from applications.shared import training_job
from tests.applications import scripts
from trainers import runs
from trainers.tasks import upscaling

SIZES = {"image_shape": (16, 16, 1), "width": 4, "blocks": 1, "factor": 2, "patch_stages": 1}
SETTINGS = {
    "model": "srgan",
    "dataset": "photos",
    "recipe": "modern",
    "scale": "small",
    "image_size": 16,
    "batch_size": 4,
    "seed": 0,
    "precision": "float32",
    "factor": 2,
}
RNG = np.random.default_rng(0)
call = functools.partial(scripts.call, script)


def train(settings, steps, *places, **how):
    """The first stage for steps[0], the second for steps[1]."""
    return script.train(training_job.TrainingJob(settings, steps[0], *places, **how), steps[1])


def create(channels=1, **changes):
    sizes = SIZES | {"image_shape": (16, 16, channels), "batch_norm": False, "skip": True}
    return zoo.SRGAN(**(sizes | changes))


@pytest.fixture(scope="module")
def bicubic():
    """A model that adds nothing to bicubic enlargement."""
    model = create()
    model.generator.set_weights([0.0 * w for w in model.generator.get_weights()])
    return model


@pytest.fixture(scope="module")
def models(bicubic):
    return {"srresnet_x2_photos": bicubic, "srgan_x2_photos": create()}


def pixels(height, width, channels=3):
    """A smooth picture of all colours."""
    waves = np.add.outer(np.arange(height) / 7.0, np.arange(width) / 5.0)
    phases = np.arange(channels) * 2.0
    return (127.5 + 100.0 * np.sin(waves[..., None] + phases)).astype(np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("tile", [0, 8])
def test_colours_are_enlarged_as_pillow_enlarges_them(bicubic, channels, tile):
    x = pixels(20, 26, channels)
    made = upscaling.TiledUpscaler(bicubic, tile).upscale(x)
    layers = [Image.fromarray(x[..., i]).resize((52, 40), Image.BICUBIC) for i in range(channels)]
    expected = np.stack(layers, axis=-1).astype(int)
    assert made.shape == (40, 52, channels) and made.dtype == np.uint8
    assert np.abs(made - expected).max() <= 2


@pytest.mark.parametrize("channels", [1, 3])
def test_pieces_show_no_seam(channels):
    model, x = create(channels), pixels(37, 50)
    whole, cut = (upscaling.TiledUpscaler(model, tile).upscale(x).astype(int) for tile in (0, 8))
    assert np.abs(whole - cut).max() <= 1


def test_a_blend_lies_between(bicubic):
    other, x = create(), RNG.uniform(-0.5, 0.5, (1, 9, 9, 1)).astype("float32")
    ends = [upscaling.blend(bicubic, other, share).enlarge(x) for share in (0.0, 1.0)]
    np.testing.assert_allclose(ends[0], bicubic.enlarge(x), atol=1e-6)
    np.testing.assert_allclose(ends[1], other.enlarge(x), atol=1e-6)
    middle = upscaling.blend(bicubic, other, 0.5).generator.get_weights()
    for w, v in zip(middle, other.generator.get_weights(), strict=True):
        np.testing.assert_allclose(w, 0.5 * v, atol=1e-7)
    with pytest.raises(
        ValueError, match="`first` and `second` should have generators of the same sizes"
    ):
        upscaling.blend(bicubic, create(width=8), 0.5)


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """A folder with two splits."""
    folder = tmp_path_factory.mktemp("photographs")
    for split, size in (("train", (70, 90)), ("train", (40, 50)), ("test", (64, 80))):
        (folder / split).mkdir(exist_ok=True)
        Image.fromarray(pixels(*size)).save(folder / split / f"{size[0]}.png")
    return folder


@pytest.fixture(scope="module")
def run(photographs, tmp_path_factory):
    """A folder with both stages, and the figures of the last."""
    out = tmp_path_factory.mktemp("runs") / "enlarging"
    settings = SETTINGS | {"dataset": str(photographs)}
    steps = 3, 2
    return settings, steps, out, train(settings, steps, out, out / "saved_models")


def test_a_run_leaves_both_stages_with_their_figures(run):
    _, _, out, figures = run
    for stage, steps in (("srresnet", 3), ("srgan", 2)):
        found = json.loads((out / stage / "metrics.json").read_text())
        assert found["steps"] == steps
        assert set(found["methods"]) == {"bicubic", "linear filter", stage}
        assert (out / stage / "enlarged.png").exists() and (out / stage / "loss.png").exists()
        for name, verdict in found["verdicts"][stage].items():
            ours, theirs = (found["methods"][k] for k in (stage, name))
            assert verdict["psnr"] == ("beats" if ours["psnr"] > theirs["psnr"] else "loses to")
            less = ours["patch_swd"][0] < theirs["patch_swd"][0]
            assert verdict["texture"] == ("beats" if less else "loses to")
    assert found == figures


def test_the_second_stage_begins_with_the_first(run):
    _, _, out, _ = run
    first, second = (keras.saving.load_model(out / s / "model.keras") for s in script.STAGES)
    for a, b in zip(first.generator.get_weights(), second.generator.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=0.01)


def test_its_export_enlarges_images_of_any_size_and_number(run):
    _, _, out, figures = run
    enlarge = tf.saved_model.load(figures["saved_model"]).signatures["enlarge"]
    model = keras.saving.load_model(out / "srgan" / "model.keras")
    for shape in ((1, 5, 9, 1), (3, 12, 7, 1)):
        x = RNG.uniform(-1.0, 1.0, shape).astype("float32")
        np.testing.assert_allclose(enlarge(low=x)["images"], model.enlarge(x), atol=1e-5)


def test_a_finished_run_is_left_as_it_is(run, capsys):
    settings, steps, out, figures = run
    assert train(settings, steps, out, out / "saved_models", resume=True) == figures
    assert capsys.readouterr().out.count("nothing is changed") == 2


def test_a_second_stage_is_not_left_behind_by_more_steps_of_the_first(run):
    settings, steps, out, _ = run
    more = 5, steps[1]
    with pytest.raises(ValueError, match="--steps: .*srgan went on from 3 steps of SRResNet"):
        train(settings, more, out, out / "saved_models", resume=True)


@pytest.mark.thorough
@pytest.mark.parametrize("stage", [0, 1])
def test_stopped_while_it_replaces_a_run_it_goes_on_with_stages_of_one_training(
    stage, run, tmp_path, monkeypatch
):
    settings, steps, out, _ = run
    settings, new = settings | {"seed": 1}, shutil.copytree(out, tmp_path / "new")
    trainings, train_run = [], runs.Run.train

    def stopped(self, *given):
        trainings.append(self)
        if len(trainings) == stage + 1:
            raise KeyboardInterrupt
        return train_run(self, *given)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(runs.Run, "train", stopped)
        train(settings, steps, new, new / "saved_models", overwrite=True)
    if stage == 0:  # nothing was touched
        train(run[0], steps, new, new / "saved_models", resume=True)
    else:
        train(settings, steps, new, new / "saved_models", resume=True)
    first = json.loads((new / "srresnet" / "metrics.json").read_text())
    second = json.loads((new / "srgan" / "metrics.json").read_text())
    assert first["seed"] == second["seed"] == stage
    began = json.loads((new / "srgan" / "first.json").read_text())
    assert began == {"model_sha256": first["model_sha256"]}


def test_runs_can_be_scored_and_blended(run, photographs, tmp_path):
    _, _, out, _ = run
    model = script.load_model(None, str(out / "srresnet"), 2, blend=0.5)
    figures = script.evaluate(model, script.load_splits(str(photographs)), tmp_path)
    assert json.loads((tmp_path / "metrics.json").read_text()) == figures
    assert (tmp_path / "enlarged.png").exists()
    assert set(figures["verdicts"]["ours"]) == {"bicubic", "linear filter"}
    with pytest.raises(ValueError, match="holds several runs: name one, such as .*/srgan"):
        script.load_model(None, str(out), 2)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "dcgan"}, "--model: should be srgan. Received: dcgan"),
        ({"dataset": "digits"}, "--dataset: "),
        ({"image_size": 80}, "--dataset: should hold photographs with sides from 80 pixels on"),
        ({"image_size": 15}, "--image_size: .* multiples of 2"),
    ],
)
def test_settings_that_do_not_fit_are_refused_before_anything_is_written(
    changes, message, photographs, tmp_path
):
    settings = SETTINGS | {"dataset": str(photographs)} | changes
    with pytest.raises(ValueError, match=message):
        train(settings, (1, 1), tmp_path / "run", tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.fixture
def odd(tmp_path):
    """A folder of odd files."""
    folder = tmp_path / "odd"
    (folder / "deeper").mkdir(parents=True)
    Image.fromarray(pixels(20, 31)).save(folder / "a.webp")
    Image.fromarray(pixels(9, 9, 1)[..., 0]).save(folder / "deeper" / "grey.png")
    seen = Image.fromarray(pixels(12, 12))
    seen.putalpha(Image.linear_gradient("L").resize((12, 12)))
    seen.save(folder / "seen.png")
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.fromarray(pixels(10, 24)).save(folder / "turned.jpeg", exif=turned)
    (folder / "bad.png").write_bytes(b"cut off")
    return folder


@scripts.ways
def test_a_folder_of_odd_files_is_enlarged_and_the_bad_one_named(run, presets, odd, tmp_path):
    out = tmp_path / "large"
    code, output, errors = call(run, presets, out, "--factor=2", f"--images={odd}")
    assert code == 0, errors
    assert "bad.png is skipped: not an image" in errors[0]
    assert " megapixels " in output
    found = {p.relative_to(out).as_posix(): Image.open(p) for p in out.rglob("*.png")}
    shapes = {name: (image.mode, image.size) for name, image in found.items()}
    assert shapes.pop("before_after.png")
    assert shapes == {
        "a.png": ("RGB", (62, 40)),
        "deeper/grey.png": ("L", (18, 18)),
        "seen.png": ("RGBA", (24, 24)),
        "turned.png": ("RGB", (20, 48)),
    }
    opacity = np.asarray(found["seen.png"].getchannel("A")).astype(int)
    assert opacity[0].max() < 20 and opacity[-1].min() > 235
    again, _, errors = call(run, presets, out, "--factor=2", f"--images={odd}")
    assert again == 2 and "exists already. Replace it with --overwrite" in errors[0]
    Image.fromarray(pixels(8, 8)).save(odd / "new.png")
    flags = ["--factor=2", f"--images={odd}", "--skip_existing"]
    code, output, errors = call(run, presets, out, *flags)
    assert code == 0, errors
    assert "4 of 6 images have a result already: skipped." in output
    assert (out / "new.png").exists() and (out / "before_after_2.png").exists()
    # Another batch, without a flag, and the preset's own factor.
    one = [f"--images={tmp_path / 'one.png'}", "--preset=srgan_x2_photos"]
    Image.fromarray(pixels(8, 8)).save(tmp_path / "one.png")
    code, _, errors = call(run, presets, out, *one)
    assert code == 0 and (out / "one.png").exists(), errors


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--images=none"], "--images: should name files or folders"),
        (["--blend=0.5"], "--images: should name an image"),
        (["--blend=2"], "flag --blend=2"),
        (["--tile=8"], "--tile applies to --images. Add it."),
        (["--images=ODD", "--steps=3"], "--steps applies to training only. Remove it, or --images"),
        (["--evaluate", "--tile=8"], "--tile should be given without --evaluate"),
        (["--images=ODD", "--seed=1"], "--seed should be given without --images: nothing would"),
        (["--images="], "flag --images=: should have a value"),
    ],
)
def test_wrong_flags_are_answered_in_one_line_before_any_work(
    presets, tmp_path, odd, flags, message
):
    flags = [flag.replace("ODD", str(odd)) for flag in flags]
    code, _, errors = call(scripts.here, presets, tmp_path / "out", *flags)
    assert (code, len(errors)) == (2, 1)
    assert message in errors[0]
    assert not (tmp_path / "out").exists()


def test_wrong_flags_are_answered_without_tensorflow(presets, tmp_path):
    how = {"without_tensorflow": True}
    code, _, errors = call(scripts.alone, presets, tmp_path, "--images=none", **how)
    assert (code, len(errors)) == (2, 1)
    assert "--images: should name files or folders" in errors[0]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"preset": "none", "factor": 2}, "--preset: "),
        ({"preset": "srgan_x2_photos", "factor": 4}, "--factor: should be 2, as the model's"),
        (
            {"preset": "srgan_x2_photos", "factor": 2, "blend": 0.5},
            "--blend: should be given with a preset or run named srresnet",
        ),
        ({"preset": "none", "run": "none", "factor": 2}, "Either --preset or --run"),
    ],
)
def test_models_that_do_not_fit_are_refused(presets, monkeypatch, given, message):
    monkeypatch.setenv("GAN_ZOO_PRESETS", str(presets))
    with pytest.raises(ValueError, match=message):
        script.load_model(**({"run": None} | given))


def test_a_preset_follows_from_the_factor_and_what_it_is_blended_with_from_its_name(
    presets, monkeypatch, bicubic
):
    monkeypatch.setenv("GAN_ZOO_PRESETS", str(presets))
    first, second = (script.load_model(None, None, 2, blend) for blend in (0.0, 0.5))
    x = RNG.uniform(-1.0, 1.0, (1, 8, 8, 1)).astype("float32")
    np.testing.assert_allclose(first.enlarge(x), bicubic.enlarge(x), atol=1e-6)
    assert np.abs(first.enlarge(x) - second.enlarge(x)).max() > 0.01


def test_a_folder_that_holds_out_nothing_large_is_refused(odd):
    with pytest.raises(ValueError, match="--dataset: should hold photographs with sides from 64"):
        script.load_splits(str(odd))
