"""The tasks of the applications, one module each: data, baselines, the class that works, scores.

The script of `applications` and the row of `benchmarks` that measures it use the same module.
"""

from typing import Protocol


class TrainingData(Protocol):
    """What a training reads: the interface of the data classes of all tasks.

    Attributes:
        model_kwargs: constructor arguments of a model that follow from the data, such as
            `image_shape`.

    Example:
        >>> from trainers.tasks.image_synthesis import ImageData
        >>> data: TrainingData = ImageData.of("digits")
        >>> data.model_kwargs, data.batches_per_epoch(batch_size=50)
        ({'image_shape': (8, 8, 1)}, 17)
    """

    model_kwargs: dict

    def batches_per_epoch(self, batch_size, turns=1):
        """Returns how many batches of turns · batch_size samples an epoch has."""

    def batches(self, batch_size, turns=1, seed=0, start=(0, 0)):
        """Returns a tf.data.Dataset of batches of turns · batch_size samples.

        Args:
            batch_size: samples of one turn of one player.
            turns: sub-batches that a batch is split into.
            seed: of order and noise. A batch is a function of (seed, epoch, number of the batch).
            start: (epoch, batch) of the first batch.

        Raises:
            ValueError: for more samples in a batch than there are.
        """


class CropData:
    """Base class of data that are endless random crops of images.

    Subclasses have `pixels_per_epoch`, the pixels of all images, and `crops(batch_size, seed,
    first)`, the batches from number `first` on.

    Example:
        >>> class Numbers(CropData):
        ...     model_kwargs, pixels_per_epoch = {"image_shape": (2, 2, 1)}, 80
        ...     def crops(self, batch_size, seed, first):
        ...         return first
        >>> Numbers().batches_per_epoch(batch_size=4), Numbers().batches(4, start=(2, 3))
        (5, 13)
    """

    def batches_per_epoch(self, batch_size, turns=1):
        """Returns how many batches have as many pixels as all images, 1 at least."""
        height, width, _ = self.model_kwargs["image_shape"]
        return max(1, self.pixels_per_epoch // (height * width * batch_size * turns))

    def batches(self, batch_size, turns=1, seed=0, start=(0, 0)):
        """Returns endless batches from (epoch, batch) `start` on."""
        first = start[0] * self.batches_per_epoch(batch_size, turns) + start[1]
        return self.crops(batch_size * turns, seed, first)
