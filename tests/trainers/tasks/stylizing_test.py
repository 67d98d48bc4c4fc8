"""Large photographs are redrawn in tiles, as they would be at once."""

import subprocess
import sys

import keras
import numpy as np
import pytest

import zoo
from trainers.tasks import stylizing

RNG = np.random.default_rng(0)
SIZES = {"image_shape": (16, 16, 3), "width": 4, "stages": 1, "blocks": 1, "patch_stages": 1}


def photograph(height, width, channels=3):
    """Waves, whose moments are nearly the same in every part, and noise."""
    waves = np.add.outer(np.sin(np.arange(height) / 3.0), np.cos(np.arange(width) / 5.0))
    noise = RNG.normal(0.0, 10.0, (height, width, channels))
    return np.clip(128.0 + 40.0 * waves[..., None] + noise, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def models():
    found = {"mgan": zoo.MGAN(**SIZES, outer_kernel=3), "cyclegan": zoo.CycleGAN(**SIZES)}
    for model in found.values():
        for name in ("generator", "inverse_generator"):
            for weight in getattr(getattr(model, name, None), "weights", ()):
                weight.assign(weight + RNG.normal(0.0, 0.1, weight.shape))
    return found


@pytest.mark.parametrize("size", [(70, 61), (33, 150)])
def test_with_the_moments_of_the_whole_there_is_no_seam(size, models, monkeypatch):
    monkeypatch.setattr(stylizing, "TILE", 16)
    model = models["mgan"]
    x = RNG.uniform(-1.0, 1.0, (*size, 3)).astype("float32")
    tiles = stylizing.TiledTranslator.of(model, "generator")
    even = np.pad(x, ((0, size[0] % 2), (0, size[1] % 2), (0, 0)), mode="symmetric")
    tiles.set_moments([even])
    np.testing.assert_allclose(
        tiles.map(tiles.translate, x), model.translate(x[None])[0], atol=1e-4
    )


@pytest.mark.parametrize("name", ["mgan", "cyclegan"])
@pytest.mark.parametrize("channels", [1, 3])
def test_in_tiles_a_photograph_is_redrawn_as_at_once(name, channels, models, monkeypatch):
    x = photograph(150, 181, channels)
    how = {"backwards": name == "cyclegan", "strength": 0.9}
    whole = stylizing.Stylizer(models[name], **how).stylize(x)
    monkeypatch.setattr(stylizing, "WHOLE", 20 * 20)
    monkeypatch.setattr(stylizing, "TILE", 48)
    tiled = stylizing.Stylizer(models[name], **how).stylize(x)
    assert tiled.shape == whole.shape and tiled.dtype == np.uint8
    assert np.corrcoef(tiled.ravel(), whole.ravel())[0, 1] > 0.98


def test_a_model_with_noise_redraws_a_large_photograph_smaller_and_says_so(monkeypatch):
    model = zoo.Pix2Pix(image_shape=(16, 16, 3), width=4, stages=3, patch_stages=0)
    x = photograph(80, 160)
    monkeypatch.setattr(stylizing, "WHOLE", 40 * 80)
    with pytest.warns(UserWarning, match="80x160 pixels are redrawn as 40x80 and enlarged"):
        assert stylizing.Stylizer(model).stylize(x).shape == (80, 160, 3)


@pytest.mark.parametrize(("stages", "batch_norm"), [(2, False), (3, False), (2, True)])
def test_a_u_net_without_noise_is_tiled(stages, batch_norm, monkeypatch):
    sizes = {"width": 4, "stages": stages, "patch_stages": 0, "dropout": 0.0}
    model = zoo.Pix2Pix(image_shape=(16, 16, 3), batch_norm=batch_norm, **sizes)
    x = photograph(101, 150)
    whole = stylizing.Stylizer(model).stylize(x)
    monkeypatch.setattr(stylizing, "WHOLE", 20 * 20)
    monkeypatch.setattr(stylizing, "TILE", 48)
    tiled = stylizing.Stylizer(model).stylize(x)
    assert np.abs(tiled.astype(int) - whole).mean() < 2.0


def test_a_network_is_examined_for_the_first_large_photograph_only(models, monkeypatch):
    calls = []
    monkeypatch.setattr(stylizing, "WHOLE", 20 * 20)
    monkeypatch.setattr(stylizing.TiledTranslator, "of", lambda *given: calls.append(given))
    stylizer = stylizing.Stylizer(models["mgan"])
    for _ in range(2):
        with pytest.warns(UserWarning, match="enlarged"):
            stylizer.stylize(photograph(80, 70))
    assert len(calls) == 1


def test_batch_norm_is_the_same_in_all_tiles(monkeypatch):
    x = keras.Input((None, None, 3))
    norm = keras.layers.BatchNormalization(dtype="float32")
    model = zoo.MGAN(**SIZES, generator=keras.Model(x, norm(x)))
    before = photograph(70, 80)
    monkeypatch.setattr(stylizing, "WHOLE", 100)
    after = stylizing.Stylizer(model).stylize(before)  # the moments of an untrained norm are 0, 1
    np.testing.assert_allclose(after, before, atol=1)
    np.testing.assert_array_equal(norm.moving_mean, [0.0, 0.0, 0.0])


def test_a_network_that_reads_the_whole_image_is_not_tiled():
    x = keras.Input((None, None, 3))
    mean = keras.layers.GlobalAveragePooling2D(keepdims=True)(x)
    model = zoo.MGAN(**SIZES, generator=keras.Model(x, x - mean))
    assert stylizing.TiledTranslator.of(model, "generator") is None


LARGE = """
import numpy as np, resource, zoo
from trainers.tasks import stylizing
image = np.random.default_rng(0).integers(0, 256, (4000, 6000, 3), np.uint8)
stylizing.Stylizer(zoo.from_preset("mgan_grass_photos")).stylize(image)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000, "MB")
"""


@pytest.mark.slow
def test_24_megapixels_take_less_than_4_gb():
    command = [sys.executable, "-c", LARGE]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout.split()[-2]) < 4_000
