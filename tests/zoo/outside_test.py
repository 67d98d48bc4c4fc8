"""docs/outside.md: its snippets run, one after the other, and do what the page describes."""

import contextlib
import re
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

PAGE = Path(__file__).parents[2] / "docs" / "outside.md"


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    """The names that the snippets define, run in a new folder."""
    keras.utils.set_random_seed(0)
    with contextlib.chdir(tmp_path_factory.mktemp("outside")):
        return run_snippets()


def run_snippets():
    found = {"__name__": "outside"}
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        exec(compile(block, PAGE.name, "exec"), found)  # the page is ours
    return found


@pytest.mark.slow
def test_the_noise_falls_to_zero(names):
    model = names["AnnealedGAN"](image_shape=(2,), noise_steps=4)
    model.compile()
    history = model.fit(names["points"][:160], batch_size=32, verbose=0).history
    assert history["deviation"] == [pytest.approx((0.375 + 0.25 + 0.125) / 5)]
    assert float(model.deviation.value) == 0.0


@pytest.mark.slow
def test_the_extragradient_of_a_bilinear_game_is_that_by_hand(names):
    """D(x) = w x, G(z) = b: min_b max_w of w (real - b), for the Wasserstein loss."""
    from trainers.objectives import Wasserstein

    class Point(keras.layers.Layer):
        def build(self, shape):
            self.b = self.add_weight(name="b", shape=(1,), initializer="zeros")

        def call(self, z):
            return 0.0 * z + self.b

    z = keras.Input((1,))
    generator = keras.Model(z, Point()(z))
    dense = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
    x = keras.Input((1,))
    discriminator = keras.Model(x, dense(x))
    model = names["ExtragradientGAN"](
        image_shape=(1,), generator=generator, discriminator=discriminator
    )
    sgd = {player: keras.optimizers.SGD(0.1) for player in model.players}
    model.compile(objective=Wasserstein(), optimizers=sgd)
    model.fit(np.full((8, 1), 2.0, "float32"), batch_size=8, verbose=0)
    # w = 1, b = 0 -> ahead w = 1 + .1 · 2, b = 0 + .1 · 1 -> w = 1 + .1 (2 - .1), b = .1 · 1.2
    assert float(dense.kernel.numpy()[0, 0]) == pytest.approx(1.19, abs=1e-6)
    assert float(generator.layers[-1].b.numpy()[0]) == pytest.approx(0.12, abs=1e-6)


@pytest.mark.slow
def test_the_energies_of_ebgan_are_those_of_the_paper(names):
    model = names["EBGAN"](image_shape=(8, 8, 1), width=4, latent_dim=8)
    model.compile()
    real, fake = names["images"][:4], np.zeros((4, 8, 8, 1), "float32")
    errors = [
        ops.mean(ops.abs(x - model.discriminator(x)), axis=(1, 2, 3)).numpy() for x in (real, fake)
    ]
    expected = np.mean(errors[0]) + np.mean(np.maximum(0.0, 0.5 - errors[1]))
    found = model.discriminator_loss(real, {"real": real, "fake": fake})
    assert 0.25 * float(found) == pytest.approx(expected, rel=1e-5)
