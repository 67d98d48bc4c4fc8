"""GAN Zoo: every GAN of the survey "Generative Adversarial Networks: An Overview", in Keras.

```python
import zoo

model = zoo.create("dcgan", image_shape=(32, 32, 1))
model.fit(images, epochs=10)
model.generate(16)
```
"""

import difflib
import inspect

from trainers.adversarial import AdversarialModel
from trainers.engine import shape_checks
from zoo.aae import AAE
from zoo.acgan import ACGAN
from zoo.ali import ALI
from zoo.alice import ALICE
from zoo.avb import AVB
from zoo.began import BEGAN
from zoo.bigan import BiGAN
from zoo.cgan import CGAN
from zoo.conv_gan import ConvGAN
from zoo.cyclegan import CycleGAN
from zoo.dcgan import DCGAN
from zoo.fgan import FGAN
from zoo.gan import GAN
from zoo.gan3d import GAN3D
from zoo.infogan import InfoGAN
from zoo.lapgan import LAPGAN
from zoo.lsgan import LSGAN
from zoo.mgan import MGAN
from zoo.pix2pix import Pix2Pix
from zoo.presets import from_preset, list_presets
from zoo.r3gan import R3GAN
from zoo.semi_supervised import SemiSupervisedGAN
from zoo.sngan import SNGAN
from zoo.spatial_gan import SpatialGAN
from zoo.srgan import SRGAN
from zoo.vaegan import VAEGAN
from zoo.vaegan3d import VAEGAN3D
from zoo.wgan import WGAN
from zoo.wgan_gp import WGANGP

_families = {
    value.family: value
    for value in list(globals().values())
    if inspect.isclass(value)
    and issubclass(value, AdversarialModel)
    and value is not AdversarialModel
}
__all__ = ["create", "family", "from_preset", "list_models", "list_presets"]
__all__ += [cls.__name__ for cls in _families.values()]


def list_models():
    """Returns the names that `create` accepts, sorted.

    Example:
        >>> list_models()
        ['aae', 'acgan', ...]
    """
    return sorted(_families)


def family(name):
    """Returns the class of the family called `name`.

    Raises:
        ValueError: if there is no such family; the message names the most similar ones.

    Example:
        >>> family("wgan_gp")
        <class 'zoo.wgan_gp.WGANGP'>
        >>> family("dgan")
        Traceback (most recent call last):
        ValueError: `name` should be one of the models. Did you mean dcgan ...
    """
    if name not in _families:
        similar = difflib.get_close_matches(str(name).lower(), _families, n=3, cutoff=0.4)
        hint = f"Did you mean {' or '.join(similar)}? " if similar else ""
        raise ValueError(
            f"`name` should be one of the models. {hint}Received: name={name!r}. "
            f"There are {', '.join(list_models())}."
        )
    return _families[name]


def create(name, recipe="paper", scale="paper", steps=None, **arguments):
    """Builds a model and compiles it with the recipe of its paper, or a modern one.

    Args:
        name: one of `list_models()`.
        recipe: "paper", or "modern": the same networks with a relativistic pairing loss, R1 and R2
            penalties, EMA weights and learning rate decay.
        scale: "paper": the networks of the paper; "small": networks that train in minutes on two
            cores.
        steps: number of train steps over which the modern recipe decays the learning rates.
        **arguments: constructor arguments of the class, such as `image_shape` and `latent_dim`.

    Returns:
        A `keras.Model`, ready for `fit`.

    Raises:
        ValueError: for an unknown name, recipe or scale; the message names the most similar models.

    Example:
        >>> import keras, numpy as np, zoo
        >>> model = zoo.create("dcgan", image_shape=(8, 8, 1), latent_dim=4, width=4)
        >>> history = model.fit(np.zeros((64, 8, 8, 1)), epochs=2, verbose=0)
        >>> model.generate(16).shape
        (16, 8, 8, 1)
        >>> model.save("dcgan.keras")
        >>> model = keras.saving.load_model("dcgan.keras")  # `fit` continues training
    """
    if scale not in ("paper", "small"):
        raise ValueError(f"`scale` should be 'paper' or 'small'. Received: scale={scale!r}")
    cls = family(name)
    if "image_shape" in arguments:
        arguments["image_shape"] = shape_checks.as_shape(arguments["image_shape"])
    if scale == "small":
        default = inspect.signature(cls).parameters["image_shape"].default
        arguments = cls.small(arguments.get("image_shape", default)) | arguments
    model = cls(**arguments)
    model.compile(recipe=recipe, steps=steps)
    return model
