"""Learning-rate schedules that Keras lacks."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("gan_zoo")
class LinearDecay(keras.optimizers.schedules.LearningRateSchedule):
    """Learning rate that is constant over the first half of `steps`, then falls linearly to 1 %.

    GAN weights orbit their equilibrium at a distance that grows with the learning rate; the decay
    lets them converge.

    Args:
        rate: the first learning rate.
        steps: train steps of the training; afterwards the rate stays at a hundredth.

    Example:
        >>> rate = LinearDecay(1e-3, steps=1000)
        >>> [round(float(rate(step)), 6) for step in (0, 500, 750, 1000)]
        [0.001, 0.001, 0.0005, 1e-05]
        >>> optimizer = keras.optimizers.Adam(rate)
    """

    def __init__(self, rate, steps):
        self.rate, self.steps = rate, steps

    def __call__(self, step):
        left = 2.0 * (1.0 - ops.cast(step, "float32") / self.steps)
        return self.rate * ops.clip(left, 0.01, 1.0)

    def get_config(self):
        return {"rate": self.rate, "steps": self.steps}
