"""Shape synthesis: voxels from latents and from pictures, baselines and scores."""

import dataclasses

import numpy as np
from scipy import ndimage
from sklearn.decomposition import PCA
from sklearn.linear_model import RidgeCV

from trainers import datasets, metrics
from trainers.imaging import voxels
from trainers.latents import interpolation, inversion

COMPONENTS = 64  # principal components of voxels, of the baselines


@dataclasses.dataclass(frozen=True)
class ShapeData:
    """A dataset of voxels, or of pictures and their voxels: a `TrainingData`.

    Attributes:
        source: the dataset, as `datasets.open` returns it.
        info: `datasets.Info`.
        views: held-out pictures (n, h, w, c) in [-1, 1]; None for a dataset of voxels only.
        shapes: held-out voxels, (n, depth, height, width, 1).

    Example:
        >>> ShapeData.of("furniture").model_kwargs
        {'image_shape': (16, 16, 16, 1)}
    """

    source: object
    info: object
    views: np.ndarray | None
    shapes: np.ndarray

    @classmethod
    def of(cls, dataset, paired=False, data_dir=None):
        """Returns the data of a name.

        Args:
            dataset: a name or a folder.
            paired: whether to learn from pictures and their voxels.
            data_dir: folder of prepared datasets, or None.

        Raises:
            ValueError: there is no such dataset, or it holds no voxels, or no pictures of them.
        """
        source = datasets.open(dataset, data_dir=data_dir)
        info = source.info()
        x, y = source.arrays("test" if "test" in info.splits else "train")
        shapes = y if paired else x
        if getattr(shapes, "ndim", 0) != 5 or (paired and x.ndim != 4):
            wanted = "pictures and their voxels" if paired else "voxels"
            raise ValueError(
                f"`dataset` should hold {wanted}. Received: {dataset}, which does not."
            )
        return cls(source, info, x if paired else None, shapes)

    @property
    def model_kwargs(self):
        """`image_shape`, and of pictures `view_shape`."""
        views = {} if self.views is None else {"view_shape": self.views.shape[1:]}
        return {"image_shape": self.shapes.shape[1:]} | views

    def batches_per_epoch(self, batch_size, turns=1):
        """Returns how many full batches the train split has, 1 at least."""
        return max(1, self.info.splits["train"] // (batch_size * turns))

    def batches(self, batch_size, turns=1, seed=0, start=(0, 0)):
        """Returns batches of voxels, or of (pictures, voxels), from (epoch, batch) `start` on."""
        return self.source.load(
            "train", batch_size, turns, labels=self.views is not None, seed=seed, start=start
        )

    def scores(self, model, seed=0):
        """Scores of a model and of baselines.

        For pictures `iou`, the mean intersection over union of held-out shapes, compared with
        `view_baselines`; else `whole`, the share of generated shapes in one piece, compared with
        `gaussian_samples` and the held-out shapes.

        Returns:
            (figures, generated): name -> kind -> number, and the shapes of the model.
        """
        train = self.source.arrays("train")
        if self.views is not None:
            generated = model.reconstruct(self.views)
            found = {"ours": generated}
            found |= {name: f(self.views) for name, f in view_baselines(*train).items()}
            return {k: {"iou": voxels.iou(self.shapes, v)} for k, v in found.items()}, generated
        generated = model.generate(len(self.shapes), seed=seed)
        baseline = gaussian_samples(train[0], len(generated), seed)
        found = {"ours": generated, "one Gaussian": baseline, "real": self.shapes}
        return {k: {"whole": share_in_one_piece(v)} for k, v in found.items()}, generated


def view_baselines(views, shapes):
    """Baselines that find voxels from pictures: the voxels of the nearest picture, and a ridge
    regression from pixels to principal components of the voxels.

    Args:
        views: pictures to learn from, (n, h, w, c).
        shapes: the voxels of the pictures, (n, depth, height, width, 1).

    Returns:
        name -> a function from pictures (m, h, w, c) to voxels, (m, …).

    Example:
        >>> rng = np.random.default_rng(0)
        >>> views, shapes = rng.random((9, 4, 4, 1)), rng.random((9, 2, 2, 2, 1))
        >>> [f(views[:3]).size for f in view_baselines(views, shapes).values()]
        [24, 24]
    """
    x, y = _flat(views), _flat(shapes)
    space = PCA(min(COMPONENTS, len(y) - 1), random_state=0).fit(y)
    ridge = RidgeCV(np.logspace(-1, 4, 6)).fit(x, space.transform(y))

    def nearest(views):
        return shapes[metrics.nearest(x, _flat(views))[1]]

    def regression(views):
        return space.inverse_transform(ridge.predict(_flat(views)))

    return {"nearest picture": nearest, "ridge": regression}


def gaussian_samples(shapes, n, seed=0):
    """Samples of one Gaussian fitted to principal components of voxels, a baseline.

    Args:
        shapes: (m, depth, height, width, 1).
        n: how many samples.
        seed: of the samples.

    Returns:
        (n, depth, height, width, 1), full above .5.

    Example:
        >>> gaussian_samples(np.random.default_rng(0).random((9, 2, 2, 2, 1)), 3).shape
        (3, 2, 2, 2, 1)
    """
    space = PCA(min(COMPONENTS, len(shapes) - 1), whiten=True, random_state=0).fit(_flat(shapes))
    draws = np.random.default_rng(seed).normal(size=(n, space.n_components_))
    return space.inverse_transform(draws).reshape(n, *shapes.shape[1:])


def share_in_one_piece(shapes):
    """Share of shapes, full above .5, that are one connected piece; voxels touch by a face.

    Example:
        >>> one, two = np.zeros((2, 4, 4, 4, 1))
        >>> one[0, 0, :2] = two[0, 0, 0] = two[2, 2, 2] = 1.0
        >>> share_in_one_piece(np.stack([one, two]))
        0.5
    """
    pieces = [ndimage.label(shape[..., 0] > voxels.FULL)[1] for shape in shapes]
    return float(np.mean([count == 1 for count in pieces]))


def check_draws_voxels(model):
    """Raises a ValueError for a model that does not generate voxels from one latent each.

    Example:
        >>> import zoo
        >>> check_draws_voxels(zoo.create("gan", image_shape=(8, 8, 1)))
        Traceback (most recent call last):
        ValueError: `model` should draw voxels. Received: a GAN.
    """
    if len(model.image_shape) != 4:
        raise ValueError(f"`model` should draw voxels. Received: a {type(model).__name__}.")
    inversion.latent_widths(model)


def sample_latents(model, n, seed=0):
    """Returns n random latents, (n, d).

    Example:
        >>> import zoo
        >>> model = zoo.create("gan", image_shape=(8, 8, 1), latent_dim=4, width=16)
        >>> sample_latents(model, 3).shape
        (3, 4)
    """
    return inversion.sample_latents(model, n, seed, "latents")


def interpolate(start, end, n):
    """Returns n latents along the great circle from one latent to another, both included.

    Example:
        >>> interpolate(np.array([1.0, 0.0]), np.array([0.0, 1.0]), 3).shape
        (3, 2)
    """
    return interpolation.slerp(start, end, n)


def generate_shapes(model, latents, largest=False):
    """Returns the shapes that a model generates from latents, float32 (n, depth, height, width, 1),
    full above .5.

    Args:
        model: a model of the zoo that generates voxels.
        latents: (n, d).
        largest: whether all pieces but the largest are removed.

    Example:
        >>> import zoo
        >>> model = zoo.create("gan3d", "modern", "small", image_shape=(8, 8, 8, 1))
        >>> generate_shapes(model, sample_latents(model, 3), largest=True).shape
        (3, 8, 8, 8, 1)
    """
    shapes = model.predict(np.asarray(latents, "float32"), verbose=0)
    if largest:
        kept = np.stack([voxels.largest_piece(shape) for shape in shapes])
        shapes = shapes * kept[..., None]
    return shapes


def _flat(x):
    return np.reshape(x, (len(x), -1))
