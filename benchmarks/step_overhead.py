"""Measures the engine's overhead: DCGAN's `fit` compared with a hand-written training loop.

    python -m benchmarks.step_overhead

Both train the same networks on the same batches with the same mathematics: fakes generated once for
two turns, Adam for each player, mean losses. A third training updates both players simultaneously
(schedule="simultaneous"). The three alternate in rounds, so that a machine that slows down slows
all of them. The last line is one JSON object, which is also written to docs/engine.json.
"""

import json
import statistics
import time
from pathlib import Path

from absl import flags

from trainers import command_line

FLAGS = flags.FLAGS
BOUND = 1.03


def define_flags():
    """Defines the flags of this script."""
    flags.DEFINE_integer("side", 32, "Height and width of the images.", lower_bound=8)
    flags.DEFINE_integer("batch_size", 64, "Images in a batch.", lower_bound=1)
    flags.DEFINE_integer("steps", 40, "Steps in a round.", lower_bound=1)
    flags.DEFINE_integer("rounds", 9, "Rounds of each training.", lower_bound=1)
    flags.DEFINE_string("out", "docs/engine.json", "JSON file of the figures.")


def main():
    """Times all trainings in alternating rounds and writes the figures."""
    import keras

    import zoo
    from trainers import datasets, runs

    keras.utils.set_random_seed(0)
    data = datasets.load("digits", batch_size=FLAGS.batch_size, image_size=FLAGS.side).repeat()
    shape = (FLAGS.side, FLAGS.side, 1)
    model = zoo.create("dcgan", scale="small", image_shape=shape)
    ours = zoo.create("dcgan", scale="small", image_shape=shape)
    step = hand_written(ours)
    at_once = zoo.create("dcgan", scale="small", image_shape=shape)
    at_once.compile(schedule="simultaneous")

    def fit(model=model):
        model.fit(data, steps_per_epoch=FLAGS.steps, verbose=0)

    def loop():
        batches = iter(data)
        sums = [0.0, 0.0]
        for _ in range(FLAGS.steps):
            sums = [a + b for a, b in zip(sums, step(next(batches)), strict=True)]
        return [float(total) / FLAGS.steps for total in sums]

    runners = {"fit": fit, "loop": loop, "simultaneous": lambda: fit(at_once)}
    seconds = {name: [] for name in runners}
    for i in range(FLAGS.rounds + 1):  # the first compiles
        # The order changes, so that no training always follows the same other one.
        for name, run in list(runners.items())[:: 1 if i % 2 else -1]:
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)

    def over(one, other):
        return [a / b for a, b in zip(seconds[one][1:], seconds[other][1:], strict=True)]

    ratios = over("fit", "loop")
    figures = {
        "fit_over_loop": round(statistics.median(ratios), 4),
        "bound": BOUND,
        "meets_bound": statistics.median(ratios) <= BOUND,
        "simultaneous_over_fit": round(statistics.median(over("simultaneous", "fit")), 4),
        "rounds": [round(ratio, 4) for ratio in ratios],
        "images_per_second": {
            name: round(FLAGS.steps * FLAGS.batch_size / statistics.median(found[1:]))
            for name, found in seconds.items()
        },
        "side": FLAGS.side,
        "batch_size": FLAGS.batch_size,
        "steps": FLAGS.steps,
        "versions": runs.versions(),
        "machine": runs.machine(),
    }
    path = Path(FLAGS.out)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures))


def hand_written(model):
    """Returns the step of the hand-written loop for a model: x -> (D's loss, G's loss)."""
    import tensorflow as tf

    generator, discriminator = model.generator, model.discriminator
    generator_adam = model.optimizers["generator"]
    discriminator_adam = model.optimizers["discriminator"]

    @tf.function
    def step(x):
        z = tf.random.uniform((x.shape[0], model.latent_dim), -1.0, 1.0)
        with tf.GradientTape() as tape:
            fake = generator(z, training=True)
            with tape.stop_recording():
                detached = tf.stop_gradient(fake)
                with tf.GradientTape() as inner:
                    real_logits = discriminator(x, training=True)
                    fake_logits = discriminator(detached, training=True)
                    loss = tf.reduce_mean(tf.nn.softplus(-real_logits))
                    loss += tf.reduce_mean(tf.nn.softplus(fake_logits))
                variables = discriminator.trainable_variables
                discriminator_adam.apply(inner.gradient(loss, variables), variables)
            fooled = tf.reduce_mean(tf.nn.softplus(-discriminator(fake, training=True)))
        variables = generator.trainable_variables
        generator_adam.apply(tape.gradient(fooled, variables), variables)
        return loss, fooled

    return step


if __name__ == "__main__":
    command_line.run_script(define_flags, main)
