"""LAPGAN: images generated from coarse to fine, one GAN for each level of a Laplacian pyramid.

Denton, Chintala, Szlam, Fergus (2015), "Deep Generative Image Models using a Laplacian Pyramid of
Adversarial Networks", https://arxiv.org/abs/1506.05751

    x_{k+1} = d(x_k),  h_k = x_k - u(x_{k+1}):  x_k = u(x_{k+1}) + h_k exactly
    level k: D(h_k + l_k) against D(G_k(z_k, l_k) + l_k),  l_k = u(x_{k+1})   (eq. 4, 5)
    sampling: x̃_K = G_K(z_K),  x̃_k = u(x̃_{k+1}) + G_k(z_k, u(x̃_{k+1}))

The levels share no weights, so that one `fit` trains each level independently. d averages 2x2
pixels and u is bilinear, in training and in sampling. The networks are those of the authors'
release for CIFAR-10 with the paper's base at 8x8; SGD at .02, momentum .5. The class conditioning
of CC-LAPGAN is omitted. All noise is one latent: a vector for the base, and a plane for each level.

Differences from the authors' release: D's loss is not halved (theirs is one mean over real and
generated images), so that SGD trains D twice as fast; the momentum stays at .5, theirs rises to .7
(the paper's to .8); the learning rate is divided by the paper's 1.00004 an epoch, theirs by
1.000004; a step's players and samples share z and the l_k, where theirs draw anew; images are in
[-1, 1] and the base ends in tanh, theirs are standardised and the base is linear; weights start at
Glorot's, theirs of the base at N(0, .05) in G and N(0, .005) in D.
"""

import keras
from keras import layers, ops

from trainers.engine import shape_checks
from trainers.objectives import NonSaturating
from zoo.gan import GAN
from zoo.networks import laplacian_pyramid
from zoo.networks.feature_taps import penultimate_tensor
from zoo.networks.laplacian_pyramid import down, up


class LAPGAN(GAN):
    """Trains on batches of x, shape (batch, *image_shape), images in [-1, 1]. Labels in the batch
    are ignored. Calling the model maps latents (batch, latent_dim) to images.

    Args:
        image_shape: (height, width, channels), sides multiples of 2**levels.
        latent_dim: follows from the other sizes: 100 for the base and one for each pixel of each
            finer level.
        width: channels of the convolutions; the dense layers of the base have 18.75 (G) and 9.375
            (D) times as many units, 1200 and 600.
        levels: number of levels on top of the base.
        generator, discriminator: Keras models as in `zoo.networks.laplacian_pyramid`, with a layer
            `level_k` for each level.

    Raises:
        TypeError, ValueError: for unknown arguments, sides that cannot be halved `levels` times,
            and networks that do not fit the sizes.

    Example:
        >>> model = LAPGAN(image_shape=(16, 16, 1), width=16, levels=1)
        >>> model.compile()
        >>> history = model.fit(model.generate(32), verbose=0)
        >>> low, (fine,) = model.pyramid(model.generate(5))
        >>> low.shape, fine.shape
        (TensorShape([5, 8, 8, 1]), TensorShape([5, 16, 16, 1]))
    """

    input_sizes = {"generator": "latent_dim"}

    def __init__(
        self,
        image_shape=(32, 32, 3),
        latent_dim=None,
        width=64,
        levels=2,
        name=None,
        **networks,
    ):
        shape_checks.check_counts(levels=levels)
        super().__init__(image_shape, latent_dim, width, name=name, levels=levels, **networks)
        expected = sum(laplacian_pyramid.parts_of(self.image_shape, levels))
        if self.latent_dim != expected:
            raise ValueError(
                f"`latent_dim` should be {expected}, or None. "
                f"Received: latent_dim={self.latent_dim}"
            )
        parts = [f"level_{k}" for k in range(levels + 1)]
        for network in self.network_names:
            layer_names = [layer.name for layer in getattr(self, network).layers]
            if missing := [part for part in parts if part not in layer_names]:
                raise ValueError(
                    f"`{network}` should have layers {', '.join(parts)}, as in "
                    "`zoo.networks.laplacian_pyramid`. "
                    f"Received: a network without {', '.join(missing)}."
                )

    def default_sizes(self, image_shape, levels, **sizes):
        return {"latent_dim": sum(laplacian_pyramid.parts_of(image_shape, levels))}

    @classmethod
    def small(cls, image_shape):
        """Returns constructor arguments of networks that train in minutes on two cores."""
        return {"width": 16}

    def shapes(self):
        sides, channels = (
            laplacian_pyramid.sides_of(self.image_shape, self.levels),
            self.image_shape[-1:],
        )
        base, *pairs = [(*side, *channels) for side in sides for _ in range(2)][1:]
        return {
            "generator": ([(self.latent_dim,)], [self.image_shape]),
            "discriminator": ([base, *pairs], [(1,)] * (self.levels + 1)),
        }

    def forward(self, x):
        low, details = self.pyramid(x)
        z, *planes = ops.split(self.latents(ops.shape(x)[0]), self.cuts(), axis=1)
        outputs = [{"real": low, "fake": self.level("generator", 0)(z, training=True)}]
        for k, (plane, detail) in enumerate(zip(planes, details, strict=True), start=1):
            blurred = up(low)
            draw = self.level("generator", k)
            fake = draw([blurred, plane], training=True)
            outputs.append({"real": detail, "fake": fake, "condition": blurred})
            low = blurred + detail
        return outputs

    def discriminator_loss(self, x, outputs):
        return self.level_losses(self.discriminator_objective, outputs)

    def generator_loss(self, x, outputs):
        return self.level_losses(self.generator_objective, outputs)

    def level_losses(self, objective, outputs):
        """Returns the loss of each level, the base first."""
        return {
            f"level_{k}": objective(self.level("discriminator", k), **samples)
            for k, samples in enumerate(outputs)
        }

    def pyramid(self, x):
        """Returns (the base, [h of each finer level, the coarsest first]), which reconstruct x
        exactly."""
        details = []
        for _ in range(self.levels):
            low = down(x)
            details.append(x - up(low))
            x = low
        return x, details[::-1]

    decay = 1.00004  # divisor of the learning rate at each epoch of CIFAR-10

    def recipe(self):
        """Paper: SGD at .02, momentum .5, a very slow decay."""

        def sgd():
            rate = keras.optimizers.schedules.ExponentialDecay(0.02, 391, 1.0 / self.decay)
            return keras.optimizers.SGD(rate, momentum=0.5)

        return {"objective": NonSaturating(), "optimizers": {p: sgd() for p in self.players}}

    bound = 1.0  # z ~ U(-1, 1)

    def cuts(self):
        """Returns the indices at which the latent is split into the parts of the levels."""
        return laplacian_pyramid.cuts(laplacian_pyramid.parts_of(self.image_shape, self.levels))

    def level(self, network, k):
        """Returns the network of level k of "generator" or "discriminator"; 0 is the base."""
        part = f"level_{k}"
        return self.view(f"{network}, {part}", lambda: getattr(self, network).get_layer(part))

    def build_features(self):
        """Builds the network x -> input of the last layer of the finest level's D."""
        network = self.level("discriminator", self.levels)
        hidden = keras.Model(network.inputs, penultimate_tensor(network.outputs[0]))
        images = keras.Input(self.image_shape, name="images")
        blurred = up(down(images))
        return keras.Model(images, layers.Flatten()(hidden([images - blurred, blurred])))

    def build_generator(self):
        return laplacian_pyramid.generator(self.image_shape, self.levels, self.width)

    def build_discriminator(self):
        return laplacian_pyramid.discriminator(self.image_shape, self.levels, self.width)
