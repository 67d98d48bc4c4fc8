import keras
import pytest
from keras import layers, ops

import zoo
from benchmarks import diagrams, document
from trainers.adversarial import AdversarialModel
from trainers.objectives import NonSaturating


class Bi(AdversarialModel):
    """BiGAN in a few lines: encoder and generator against a discriminator of pairs."""

    players = {"discriminator": ["discriminator"], "generator": ["generator", "encoder"]}

    def __init__(self, image_shape=(2,), latent_dim=2, name=None, **networks):
        super().__init__(name, image_shape=image_shape, latent_dim=latent_dim, **networks)

    def forward(self, x):
        z = self.latents(ops.shape(x)[0])
        real = [x, self.encoder(x, training=True)]
        return {"real": real, "fake": [self.generator(z, training=True), z]}

    def discriminator_loss(self, x, outputs):
        return self.discriminator_objective(self.discriminator, **outputs)

    def generator_loss(self, x, outputs):
        return self.generator_objective(self.discriminator, **outputs, two_sided=True)

    def recipe(self):
        return {"objective": NonSaturating(), "optimizers": {p: "adam" for p in self.players}}

    def build_generator(self):
        z = keras.Input((2,), name="latent")
        return keras.Model(z, layers.Dense(2)(z))

    def build_encoder(self):
        x = keras.Input((2,), name="images")
        return keras.Model(x, layers.Dense(2)(x))

    def build_discriminator(self):
        x, z = keras.Input((2,), name="images"), keras.Input((2,), name="latent")
        return keras.Model([x, z], layers.Dense(1)(layers.Concatenate()([x, z])))


LOSSES = {
    ("discriminator", "discriminator loss"),
    ("discriminator", "generator loss"),
}


def test_a_gan_is_what_the_survey_draws():
    game = diagrams.watch(diagrams.tiny("gan"))
    assert set(game.sources) == {"x", "z"}
    assert game.owners == {"discriminator": "discriminator", "generator": "generator"}
    wires = {("z", "generator"), ("generator", "discriminator"), ("x", "discriminator")}
    assert set(game.edges) == wires | LOSSES


def test_in_a_conditional_gan_both_networks_see_the_label():
    game = diagrams.watch(diagrams.tiny("cgan"))
    assert {("y", "generator"), ("y", "discriminator")} <= set(game.edges)


def test_each_part_of_a_pair_is_traced_to_the_network_that_generated_it():
    model = Bi()
    model.compile()
    game = diagrams.watch(model)
    assert game.owners["encoder"] == game.owners["generator"] == "generator"
    assert set(game.edges) == LOSSES | {
        ("x", "encoder"),
        ("x", "discriminator"),
        ("encoder", "discriminator"),
        ("z", "generator"),
        ("z", "discriminator"),
        ("generator", "discriminator"),
    }
    assert len(set(diagrams.layout(game).values())) == len(diagrams.layout(game))


def test_what_is_made_of_an_output_by_noise_is_followed_to_its_network():
    game = diagrams.watch(diagrams.tiny("ali"))  # whose code is the encoder's mean and noise
    assert ("encoder", "discriminator") in game.edges


def test_a_loss_is_fed_by_what_it_reads_itself_and_not_by_what_a_judge_reads():
    game = diagrams.watch(diagrams.tiny("aae"))
    into = {start for start, end in game.edges if end == "autoencoder loss"}
    assert into == {"generator", "x"}  # x - G(E(x))
    assert ("encoder", "encoder loss") not in game.edges


def test_a_loss_that_compares_with_the_batch_reads_it_and_an_adversarial_one_does_not():
    game = diagrams.watch(diagrams.tiny("pix2pix"))
    assert ("y", "generator loss") in game.edges  # |y - G(x)|
    assert ("x", "generator loss") not in game.edges
    assert ("y", "discriminator loss") not in game.edges  # D reads it
    at = diagrams.layout(game)
    assert len(set(at.values())) == len(at)


def test_a_network_that_a_loss_derives_counts_as_the_one_that_it_was_derived_from():
    game = diagrams.watch(diagrams.tiny("semi_supervised"))  # G matches features of D
    assert ("discriminator", "generator loss") in game.edges
    assert ("generator", "generator loss") not in game.edges


def test_watching_leaves_layers_as_they_were():
    before = keras.layers.Layer.__call__
    diagrams.watch(diagrams.tiny("gan"))
    assert keras.layers.Layer.__call__ is before


@pytest.mark.parametrize("name", zoo.list_models())
def test_every_family_has_its_diagram(name):
    assert (document.DOCS / "diagrams" / f"{name}.png").stat().st_size < 40_000
