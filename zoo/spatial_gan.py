"""SpatialGAN: synthesises textures of any size from one example image.

Jetchev, Bergmann, Vollgraf (2016), "Texture Synthesis with Spatial Generative Adversarial
Networks", https://arxiv.org/abs/1611.08207

    V = E_x [mean over positions λ, μ of log σ(D_λμ(x))] + E_z [mean of log(1 - σ(D_λμ(G(z))))]
    z ~ U(-1, 1)^(l x m x d): noise for each position, not for each image    (eq. 3, §3)

G is fully convolutional, so that a larger noise map gives a larger texture, and distant regions are
independent. The hyperparameters are those of the authors' release: five layers of 5x5, d = 100,
Adam(5e-4, .5), batches of 64.

Differences from the authors' release: it has a weight decay (L2, 1e-5); each batch of crops and z
trains one player only, D and G in turn; D's first and last layers have no bias; the gains of batch
norm start at N(1, .02), here at 1; and crops have 257 pixels, 32 for each step between positions.
"""

import numbers

import keras
from keras import layers

from trainers import noise
from trainers.engine import shape_checks
from trainers.objectives import NonSaturating
from zoo.gan import GAN
from zoo.networks import fully_convolutional
from zoo.networks.feature_taps import penultimate_tensor, with_fresh_input


class SpatialGAN(GAN):
    """Trains on batches of x, shape (batch, *image_shape), crops of textures in [-1, 1]. Labels in
    the batch are ignored. Calling the model maps latents (batch, h, w, latent_dim) to images with
    sides 2**stages times as large.

    Args:
        image_shape: (height, width, channels) of x in training, sides multiples of 2**stages.
        latent_dim: dimension of the noise at each position.
        width: channels of the largest feature maps.
        stages: how often G doubles the sides, and D halves them.
        kernel_size: of all convolutions.
        generator: a Keras model, (h, w, latent_dim) -> (2**stages h, 2**stages w, channels).
        discriminator: a Keras model, (h, w, channels) -> logits (h', w', 1).

    Raises:
        TypeError, ValueError: for unknown arguments, sides that cannot be halved `stages` times,
            and networks that do not fit the sizes.

    Example:
        >>> from keras import ops
        >>> model = SpatialGAN(image_shape=(32, 32, 3), latent_dim=8, width=4, stages=3)
        >>> model.compile()
        >>> history = model.fit(ops.zeros((32, 32, 32, 3)), verbose=0)
        >>> model.generate(2, size=(50, 100)).shape
        (2, 50, 100, 3)
    """

    family = "spatial_gan"
    input_sizes = {"discriminator": "image_shape"}
    output_sizes = {}
    image_ranks = (3,)

    def __init__(
        self,
        image_shape=(256, 256, 3),
        latent_dim=100,
        width=64,
        stages=5,
        kernel_size=5,
        name=None,
        **networks,
    ):
        shape_checks.check_counts(width=width, stages=stages, kernel_size=kernel_size)
        kinds = {"stages": stages, "kernel_size": kernel_size}
        super().__init__(image_shape, latent_dim, width, name, **kinds, **networks)
        shape_checks.check_multiples(self.image_shape, 2**stages, stages=stages)
        field = [side // 2**stages for side in self.image_shape[:2]]
        outputs = self.generator.compute_output_spec(
            keras.KerasTensor((1, *field, self.latent_dim))
        )
        if (outputs := outputs.shape[1:]) != self.image_shape:
            raise ValueError(
                f"`generator` should output sides {2**stages} times those of its latents for "
                f"stages={stages}. Received: outputs {outputs} for {field[0]}x{field[1]} latents."
            )

    @classmethod
    def small(cls, image_shape):
        """Returns constructor arguments of networks that train in minutes on two cores."""
        return {"latent_dim": 20, "width": 32, "stages": 3}

    def shapes(self):
        latents, images = (None, None, self.latent_dim), (None, None, self.image_shape[-1])
        return {"generator": ([latents], [images]), "discriminator": ([images], None)}

    def recipe(self):
        """Authors' release: Adam(5e-4, .5)."""
        return {"objective": NonSaturating(), "optimizers": self.adam(5e-4)}

    bound = 1.0  # z ~ U(-1, 1)

    def latents(self, n, size=None):
        """Samples z ~ U(-1, 1), shape (n, h, w, latent_dim), for images of at least `size`,
        (height, width) in pixels; None: that of `image_shape`."""
        positions = (-(-side // 2**self.stages) for side in size or self.image_shape[:2])
        return noise.uniform((n, *positions, self.latent_dim), -self.bound, self.bound)

    def draw(self, n, size=None):
        """Samples the latents of n images.

        Args:
            size: (height, width) in pixels; None: that of `image_shape`.

        Raises:
            ValueError: for an invalid size.
        """
        sides = size if isinstance(size, (tuple, list)) else ()
        fits = len(sides) == 2 and all(isinstance(s, numbers.Integral) and s > 0 for s in sides)
        if size is not None and not fits:
            raise ValueError(f"`size` should be (height, width) in pixels. Received: size={size!r}")
        return self.latents(n, size)

    def generate(self, n, seed=None, batch_size=16, truncation=1.0, size=None):
        """Generates textures of any size; otherwise as `generate` of any family.

        Args:
            size: (height, width) in pixels; None: that of `image_shape`.
        """
        arguments = {} if size is None else {"size": size}
        images = super().generate(n, seed, batch_size, truncation, **arguments)
        height, width = size or self.image_shape[:2]
        return images[:, :height, :width]

    def build_features(self):
        """Builds the network x -> input of the last layer of D, averaged over positions."""
        network = self.discriminator
        x, hidden = with_fresh_input(network.inputs[0], penultimate_tensor(network.outputs[0]))
        return keras.Model(x, layers.GlobalAveragePooling2D()(hidden))

    def build_generator(self):
        sizes = self.latent_dim, self.width, self.stages, self.kernel_size
        return fully_convolutional.generator(self.image_shape[-1], *sizes)

    def build_discriminator(self):
        sizes = self.width, self.stages, self.kernel_size
        return fully_convolutional.discriminator(self.image_shape[-1], *sizes)
