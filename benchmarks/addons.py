"""Compares layers and optimizers with those of tensorflow-addons that they replace.

tensorflow-addons cannot be imported together with Keras 3. Therefore its outputs are computed once,
in a separate environment:

    python3.11 -m venv addons
    addons/bin/pip install tensorflow-cpu==2.15.1 tensorflow-addons==0.23.0 numpy==1.26.4
    addons/bin/python benchmarks/addons.py

This writes outputs to docs/addons.json. In this project's environment the same script computes the
outputs of the replacements from the same inputs and weights, which are drawn from seeds, and adds
the largest difference of each part:

    python benchmarks/addons.py
"""

import json
from pathlib import Path

import numpy as np

PATH = Path(__file__).parents[1] / "docs" / "addons.json"
STEPS = 40  # of the moving average


def drawn(*shape, seed=0):
    """Returns normal numbers with few digits, which JSON represents exactly."""
    return np.random.default_rng([seed, *shape]).standard_normal(shape).round(3).astype("float32")


INPUTS = {  # part: x and weights
    "spectral normalisation, dense": {"x": drawn(4, 5), "kernel": drawn(5, 6)},
    "spectral normalisation, convolution": {
        "x": drawn(2, 6, 6, 3),
        "kernel": drawn(3, 3, 3, 4),
    },
    "weight normalisation, dense": {"x": drawn(4, 5), "kernel": drawn(5, 6, seed=1), "g": drawn(6)},
    "weight normalisation, convolution": {
        "x": drawn(2, 6, 6, 3),
        "kernel": drawn(3, 3, 3, 4, seed=1),
        "g": drawn(4),
    },
    "instance normalisation": {"x": drawn(2, 5, 5, 4)},
    "group normalisation": {"x": drawn(2, 5, 5, 4, seed=1)},
    "maxout": {"x": drawn(4, 12)},
    "moving average": {"x": drawn(3), "gradients": drawn(STEPS, 3)},
}


def theirs(tf, tfa):
    """Returns a dict from part to the output of tensorflow-addons."""
    keras, layers = tf.keras, tf.keras.layers
    found = {}
    for part, given in INPUTS.items():
        x = tf.constant(given["x"])
        if part.startswith(("spectral", "weight")):
            dense = part.endswith("dense")
            units = given["kernel"].shape[-1]
            layer = layers.Dense(units) if dense else layers.Conv2D(units, 3)
            if part.startswith("spectral"):
                layer = tfa.layers.SpectralNormalization(layer)
                layer.build(x.shape)
                layer.layer.kernel.assign(given["kernel"])
                for _ in range(200):  # each call divides the kernel itself
                    y = layer(x, training=True)
            else:
                layer = tfa.layers.WeightNormalization(layer, data_init=False)
                layer.build(x.shape)
                layer.layer.kernel.assign(given["kernel"])
                layer.v.assign(given["kernel"])
                layer(x)  # sets g from v, once
                layer.g.assign(given["g"])
                y = layer(x)
        elif part == "moving average":
            y = _their_average(tf, tfa, keras, given)
        else:
            layer = {
                "instance normalisation": lambda: tfa.layers.InstanceNormalization(epsilon=1e-3),
                "group normalisation": lambda: tfa.layers.GroupNormalization(2, epsilon=1e-3),
                "maxout": lambda: tfa.layers.Maxout(3),
            }[part]()
            y = layer(x)
        found[part] = np.asarray(y)
    return found


def _their_average(tf, tfa, keras, given):
    variable = tf.Variable(given["x"])
    sgd = keras.optimizers.legacy.SGD(0.1)
    optimizer = tfa.optimizers.MovingAverage(sgd, average_decay=0.5)
    for gradient in given["gradients"]:
        optimizer.apply_gradients([(tf.constant(gradient), variable)])
    optimizer.assign_average_vars([variable])
    return variable


def ours():
    """Returns a dict from part to the output of Keras and this library."""
    from keras import layers

    from zoo.layers import Maxout, SpectralNormalization, WeightNormalization

    found = {}
    for part, given in INPUTS.items():
        x = given["x"]
        if part.startswith(("spectral", "weight")):
            wrapper = SpectralNormalization if part.startswith("spectral") else WeightNormalization
            units = given["kernel"].shape[-1]
            dense = part.endswith("dense")
            layer = wrapper(layers.Dense(units) if dense else layers.Conv2D(units, 3))
            layer.build(x.shape)
            layer.layer.kernel.assign(given["kernel"])
            if "g" in given:
                layer.g.assign(given["g"])
                y = layer(x)
            else:
                for _ in range(200):
                    y = layer(x, training=True)
        elif part == "moving average":
            y = _our_average(given)
        elif part == "maxout":
            layer = Maxout(3, pieces=4)
            layer.build(x.shape)
            # Theirs has no weights, and the pieces of a unit are every third channel.
            channels = np.arange(12).reshape(4, 3).T.ravel()
            layer.set_weights([np.eye(12)[:, channels], np.zeros(12)])
            y = layer(x)
        else:
            groups = -1 if part.startswith("instance") else 2
            y = layers.GroupNormalization(groups, epsilon=1e-3)(x)
        found[part] = np.asarray(y)
    return found


def _our_average(given):
    import keras

    variable = keras.Variable(given["x"])
    optimizer = keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5)
    for gradient in given["gradients"]:
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
    optimizer.finalize_variable_values([variable])
    return variable


def differences(outputs):
    """Returns a dict from part to the largest difference from outputs of tensorflow-addons."""
    return {
        part: float(np.abs(y - np.asarray(outputs[part], "float32")).max())
        for part, y in ours().items()
    }


def main():
    """Computes outputs where tensorflow-addons is installed, and differences elsewhere."""
    try:
        import tensorflow as tf
        import tensorflow_addons as tfa
    except ImportError:
        facts = json.loads(PATH.read_text())
        facts["differences"] = differences(facts["outputs"])
        for part, difference in facts["differences"].items():
            print(f"{part}: {difference:.1e}")
    else:
        outputs = {part: y.tolist() for part, y in theirs(tf, tfa).items()}
        versions = {"tensorflow": tf.__version__, "tensorflow-addons": tfa.__version__}
        facts = {"versions": versions, "outputs": outputs}
    PATH.write_text(json.dumps(facts, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
