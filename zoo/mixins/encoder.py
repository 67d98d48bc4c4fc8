"""Mixin of families with an encoder x -> z in addition to a generator z -> x."""

import keras
from keras import layers

from trainers.engine import shape_checks
from zoo.networks import mlp
from zoo.networks.feature_taps import penultimate_tensor, with_fresh_input


class EncoderMixin:
    """Constructor, networks and methods of a family whose `encoder` maps images to latents.

    A family derives from `EncoderMixin` and from `AdversarialModel`, in this order. The outputs of
    its encoder are the code, or with `gaussian = True` the [mean, log_std] of a Gaussian, of which
    `encode` returns the mean.
    """

    gaussian = False
    categories = 0  # of a categorical code next to z, whose logits are E's last output

    def __init__(
        self, image_shape=(28, 28, 1), latent_dim=None, width=None, name=None, **arguments
    ):
        super().__init__(
            name,
            image_shape=shape_checks.as_shape(image_shape),
            latent_dim=latent_dim,
            width=width,
            **arguments,
        )

    @classmethod
    def small(cls, image_shape):
        """Returns constructor arguments of networks that train in minutes on two cores."""
        return {"latent_dim": 10, "width": 256} if len(image_shape) == 3 else {"width": 128}

    def default_sizes(self, image_shape, **sizes):
        return {"latent_dim": 50 if len(image_shape) == 3 else 2}

    def mlp_sizes(self):
        """Returns sizes of fully connected networks: two layers for images, three for points."""
        return {"width": self.width or 128, "depth": 2 if len(self.image_shape) == 3 else 3}

    def build_generator(self):
        entries = self.latent_dim + self.categories
        generator = mlp.generator(self.image_shape, entries, **self.mlp_sizes())
        if not self.categories:
            return generator
        shapes = {"latent": (self.latent_dim,), "category": (self.categories,)}
        return mlp.joint_generator(generator, **shapes)

    def build_encoder(self):
        kinds = {"gaussian": self.gaussian, "categories": self.categories}
        return mlp.encoder(self.image_shape, self.latent_dim, **kinds, **self.mlp_sizes())

    def shapes(self):
        code = (self.latent_dim,)
        return {"encoder": (None, [code] * (2 if self.gaussian else 1))}

    def call(self, latents, training=False):
        return self.generator(latents, training=training)

    # Inference -----------------------------------------------------------------------------------

    def encode(self, x):
        """Returns the code of each image: a NumPy array (n, latent_dim)."""
        return self.predict_checked(self.averaged().output_of("encoder", 0), x)

    def reconstruct(self, x):
        """Returns G(E(x)): a NumPy array like x."""
        ema_copy = self.averaged()
        return self.predict_checked(
            ema_copy.view("reconstruction", ema_copy.build_reconstruction), x
        )

    def signatures(self):
        reconstruction = self.view("reconstruction", self.build_reconstruction)
        networks = {"generate": self.generator, "encode": self.encoder}
        return networks | {"reconstruct": reconstruction, "features": self.features_network()}

    def build_reconstruction(self):
        """Builds the network x -> G(E(x))."""
        code, *others = self.encoder.outputs
        if self.categories:
            code = [code, layers.Softmax(dtype="float32")(others[-1])]
        outputs = self.generator(code)
        images = layers.Identity(dtype="float32", name="reconstructions")(outputs)
        return keras.Model(self.encoder.input, images)

    def build_features(self):
        """Builds the network x -> input of the encoder's last layer, flattened."""
        x, hidden = with_fresh_input(
            self.encoder.input, penultimate_tensor(self.encoder.outputs[0])
        )
        return keras.Model(x, layers.Flatten()(hidden))
