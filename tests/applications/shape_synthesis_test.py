"""The script on small shapes, and as its user meets it."""

import functools
import json

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import zoo
from applications import shape_synthesis as script
from applications.shared import image_files, training_job
from tests.applications import scripts
from trainers.imaging import grids, voxels
from trainers.tasks import shape_synthesis as task

SHAPE = (8, 8, 8, 1)
SETTINGS = {
    "model": "gan3d",
    "dataset": "furniture",
    "recipe": "modern",
    "scale": "small",
    "batch_size": 8,
    "seed": 0,
    "precision": "float32",
}

call = functools.partial(scripts.call, script)


def train(*job, **how):
    return script.train(training_job.TrainingJob(*job, **how))


@pytest.fixture(scope="module")
def models():
    sizes = {"image_shape": SHAPE, "latent_dim": 6, "width": 4, "occupancy": 0.5}
    norms = {"generator_norm": False, "discriminator_norm": False}
    view = {"view_shape": (8, 8, 1), "batch_norm": False}
    return {"gan3d_x": zoo.GAN3D(**sizes, **norms), "vaegan3d_x": zoo.VAEGAN3D(**sizes, **view)}


@scripts.ways
def test_shapes_are_written_as_pictures_voxels_and_objects(run, presets, models, tmp_path):
    code, output, errors = call(run, presets, tmp_path / "out", "--preset=gan3d_x", "--sample=3")
    assert code == 0, errors
    assert "3 shapes" in output
    found = np.load(tmp_path / "out" / "voxels.npz")
    expected = models["gan3d_x"].predict(found["latents"], verbose=0)
    np.testing.assert_allclose(found["voxels"], expected, atol=1e-5)
    for i, shape in enumerate(found["voxels"]):
        faces = (tmp_path / "out" / "objects" / f"{i}.obj").read_text().count("f ")
        assert faces == len(voxels.surface(shape)[1])
    with Image.open(tmp_path / "out" / "turntable.gif") as film:
        assert film.n_frames == 24 and film.info["loop"] == 0
    code, _, errors = call(run, presets, tmp_path / "out", "--preset=gan3d_x")
    assert code == 2 and "exists already. Replace it with --overwrite" in errors[0]


def test_only_objects_of_its_own_are_replaced(models, tmp_path):
    model = models["gan3d_x"]
    latents = task.sample_latents(model, 3)
    script.write(tmp_path, task.generate_shapes(model, latents), latents)
    (tmp_path / "objects" / "mine.obj").touch()
    script.write(tmp_path, task.generate_shapes(model, latents[:2]), latents[:2], overwrite=True)
    found = sorted(path.name for path in (tmp_path / "objects").iterdir())
    assert found == ["0.obj", "1.obj", "mine.obj"]


def test_an_object_is_named_after_its_picture(models, tmp_path):
    model = models["gan3d_x"]
    latents = task.sample_latents(model, 2)
    shapes = np.ones((2, *SHAPE), "float32")
    script.write(tmp_path, shapes, latents, names=["chair", "old/table"])
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.obj")}
    assert found == {"objects/chair.obj", "objects/old/table.obj"}


def test_what_is_transparent_is_black_and_what_is_on_white_is_named(capsys):
    views = np.ones((2, 4, 4, 1), "float32")
    opacity = np.zeros((4, 4, 1), np.uint8)
    opacity[1:3, 1:3] = 255
    found = script.on_black(["a.png", "b.png"], views, [opacity, None])
    assert (found[0, 1:3, 1:3] == 1.0).all() and (found[0, 0] == -1.0).all()
    assert capsys.readouterr().err.splitlines() == [
        "b.png should show an object on black. Its border is bright."
    ]


def test_a_path_begins_and_ends_with_what_it_lies_between(models):
    model = models["gan3d_x"]
    ends = task.sample_latents(model, 2)
    shapes = task.generate_shapes(model, task.interpolate(*ends, 5))
    assert shapes.shape == (5, *SHAPE)
    np.testing.assert_allclose(shapes[[0, -1]], task.generate_shapes(model, ends), atol=1e-5)


def test_smaller_pieces_can_be_left_out(models):
    model = models["gan3d_x"]
    latents = task.sample_latents(model, 4)
    whole, kept = (task.generate_shapes(model, latents, largest) for largest in (False, True))
    for shape, piece in zip(whole, kept, strict=True):
        np.testing.assert_array_equal(voxels.filled(piece), voxels.largest_piece(shape))


@scripts.ways
def test_pictures_become_shapes_that_can_be_added(run, presets, models, tmp_path):
    x = np.random.default_rng(0).uniform(-1.0, 1.0, (3, 8, 8, 1)).astype("float32")
    for name, image in zip("abc", x, strict=True):
        image_files.save_image(image, tmp_path / "views" / f"{name}.png")
    seen = grids.to_uint8(x) / 127.5 - 1.0
    flags = ["--preset=vaegan3d_x", f"--images={tmp_path / 'views'}"]
    code, _, errors = call(run, presets, tmp_path / "out", *flags, "--combine")
    assert code == 0, errors
    names = sorted(path.stem for path in (tmp_path / "out" / "objects").iterdir())
    assert set(names) <= {"a", "b", "c", "combined"}  # an empty shape has none
    a, b, c, total = np.load(tmp_path / "out" / "voxels.npz")["latents"]
    z = models["vaegan3d_x"].encode(seen.astype("float32"))
    np.testing.assert_allclose([a, b, c, total], [*z, z[0] - z[1] + z[2]], atol=1e-4)


def test_pictures_whose_shape_exists_are_left_out_of_a_second_batch(presets, tmp_path):
    views, out = tmp_path / "views", tmp_path / "out"
    flags = [scripts.here, presets, out, "--preset=vaegan3d_x", f"--images={views}"]
    for name in ("a", "b"):
        image_files.save_image(np.zeros((8, 8, 1)), views / f"{name}.png")
    (out / "objects").mkdir(parents=True)
    for name in ("shapes.png", "objects/a.obj"):  # of a first batch
        (out / name).touch()
    code, _, errors = call(*flags)
    assert code == 2 and "a.obj exists already" in errors[0] and "--skip_existing" in errors[0]
    code, printed, errors = call(*flags, "--skip_existing")
    assert code == 0, errors
    assert "1 of 2 images have a result already" in printed and "1 shapes: " in printed
    assert (out / "shapes_2.png").exists() and (out / "objects" / "a.obj").read_text() == ""
    assert len(np.load(out / "voxels.npz")["voxels"]) == 1


def test_shapes_in_a_picture_are_large_and_named(tmp_path):
    shapes = np.ones((8, 4, 4, 4, 1))
    script.save_shapes(tmp_path / "plain.png", shapes)
    script.save_shapes(tmp_path / "named.png", shapes, names=[f"chair {i}" for i in range(8)])
    plain, named = (Image.open(tmp_path / f"{name}.png").size for name in ("plain", "named"))
    assert plain[0] > 6 * 150 and plain[1] > 2 * 150  # 6 to a row
    assert named == (plain[0], plain[1] + 2 * grids.LINE)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--images=a.png"], "--images should be given with --preset or --run"),
        (["--combine"], "--combine should be given with --preset or --run"),
        (["--image_size=8"], "--image_size applies to images"),
        (
            ["--preset=gan3d_x", "--steps=3"],
            "--steps applies to training only. Remove it, or --preset and --run.",
        ),
        (
            ["--preset=vaegan3d_x", "--sample=3", "--images=a.png"],
            "--sample should be given without --images: nothing would use it.",
        ),
        (
            ["--preset=gan3d_x", "--combine", "--sample=3"],
            "--sample should be given without --combine",
        ),
        (
            ["--preset=gan3d_x", "--combine", "--interpolate=3"],
            "--combine: should be given without",
        ),
        (["--preset=gan3d_x", "--skip_existing"], "--skip_existing should be given without"),
    ],
)
def test_wrong_flags_are_answered_in_one_line_before_any_work(presets, tmp_path, flags, message):
    code, _, errors = call(scripts.here, presets, tmp_path / "out", *flags)
    assert (code, len(errors)) == (2, 1)
    assert message in errors[0]
    assert not (tmp_path / "out").exists()


def test_wrong_flags_are_answered_without_tensorflow(presets, tmp_path):
    how = {"without_tensorflow": True}
    code, _, errors = call(scripts.alone, presets, tmp_path, "--combine", **how)
    assert (code, len(errors)) == (2, 1)
    assert "--combine should be given with --preset or --run" in errors[0]


def test_a_model_of_images_is_refused():
    with pytest.raises(ValueError, match="should draw voxels. Received: a GAN"):
        task.check_draws_voxels(zoo.create("gan", image_shape=(8, 8, 1)))


@pytest.fixture(scope="module", params=["gan3d", pytest.param("vaegan3d", marks=pytest.mark.slow)])
def run(request, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / request.param
    settings = SETTINGS | {"model": request.param, "dataset": script.DATASETS[request.param]}
    return settings, out, train(settings, 2, out, out / "saved_models")


def test_a_run_leaves_its_shapes_figures_model_and_export(run):
    settings, out, figures = run
    assert json.loads((out / "metrics.json").read_text()) == figures
    for name in ("shapes.png", "turntable.gif", "loss.png", "model.keras"):
        assert (out / name).exists()
    kind = {"gan3d": "whole", "vaegan3d": "iou"}[settings["model"]]
    assert all(0.0 <= one[kind] <= 1.0 for one in figures["scores"].values())
    for name, verdict in figures["verdicts"].items():
        gap = figures["scores"]["ours"][kind] - figures["scores"][name][kind]
        assert verdict[kind] == ("ties with" if not gap else "beats" if gap > 0 else "loses to")
    assert tf.saved_model.load(figures["saved_model"]).signatures


def test_cheap_methods_are_what_they_say(run):
    settings, _, figures = run
    if settings["model"] == "gan3d":
        assert figures["scores"]["real"]["whole"] == 1.0
        assert figures["scores"]["one Gaussian"]["whole"] < 0.9
    else:  # known apart: about .77 and .81
        assert 0.7 < figures["scores"]["nearest picture"]["iou"] < 0.9
        assert 0.7 < figures["scores"]["ridge"]["iou"] < 0.9


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "dcgan"}, "--model: should be one of gan3d, vaegan3d. Received: dcgan"),
        ({"dataset": "digits"}, "--dataset: should hold voxels. Received: digits"),
        ({"model": "vaegan3d"}, "--dataset: should hold pictures and their voxels"),
        ({"dataset": "none"}, "--dataset: "),
    ],
)
def test_settings_that_do_not_fit_are_refused_before_anything_is_written(
    changes, message, tmp_path
):
    with pytest.raises(ValueError, match=message):
        train(SETTINGS | changes, 1, tmp_path / "run", tmp_path / "run")
    assert not (tmp_path / "run").exists()
