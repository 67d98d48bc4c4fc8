"""Measures the memory of reading folders of images, and the rate of batches without a model.

    python -m benchmarks.input_pipeline            # about three minutes

Writes folders of different numbers of JPEGs and reads each in a process of its own, whose peak
memory is measured; then compares the rate of the input pipeline with DCGAN's training on the same
batches, and measures how fast the built-in datasets are generated. The last line is one JSON
object, which is also written to docs/data.json.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from absl import flags

from trainers import command_line

FLAGS = flags.FLAGS
SIDE, BATCH = 32, 64
BOUND = 3.0  # required rate of batches / rate of training


def define_flags():
    """Defines the flags of this script."""
    flags.DEFINE_list("files", ["100", "2000", "20000"], "Numbers of files of the folders.")
    flags.DEFINE_integer("steps", 12, "Train steps in a round.", lower_bound=1)
    flags.DEFINE_integer("rounds", 5, "Rounds of training and of batches.", lower_bound=1)
    flags.DEFINE_string("read", None, "A folder: only reads it once and prints the memory.")
    flags.DEFINE_string("data_dir", None, "With --read: the folder of image caches.")
    flags.DEFINE_string("out", "docs/data.json", "JSON file of the figures.")


def main():
    """Measures all and writes the figures."""
    if FLAGS.read:
        print(json.dumps(read(FLAGS.read, FLAGS.data_dir)))
        return
    from trainers import runs

    with tempfile.TemporaryDirectory() as folder:
        counts = [int(n) for n in FLAGS.files]
        memory = {n: read_apart(photos(Path(folder) / f"of-{n}", n), folder) for n in counts}
        rates = beside_training(Path(folder) / f"of-{counts[-1]}", folder)
    figures = {
        "memory": memory,
        **rates,
        "bound": BOUND,
        "meets_bound": rates["ratio"] >= BOUND,
        "worlds": generation_rates(),
        "side": SIDE,
        "batch_size": BATCH,
        "versions": runs.versions(),
        "machine": runs.machine(),
    }
    Path(FLAGS.out).write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures))


def photos(folder, count):
    """Writes JPEGs of 80 to 160 pixels, random crops of one image, and returns the folder."""
    from PIL import Image

    rng = np.random.default_rng(0)
    canvas = Image.fromarray(rng.integers(0, 256, (40, 40, 3), np.uint8)).resize((320, 320), 3)
    folder.mkdir()
    for i in range(count):
        width, height = rng.integers(80, 161, 2)
        left, top = rng.integers(0, 160, 2)
        crop = canvas.crop((left, top, left + width, top + height))
        crop.save(folder / f"{i:06d}.jpg", quality=90)
    return folder


def read_apart(folder, data_dir):
    """Runs `read` in a process of its own: twice, since the first run decodes."""
    command = [sys.executable, "-m", "benchmarks.input_pipeline", f"--read={folder}"]
    command.append(f"--data_dir={data_dir}")
    runs = []
    for _ in range(2):
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        runs.append(json.loads(output.splitlines()[-1]))
    return {"first": runs[0], "again": runs[1]}


def read(folder, data_dir):
    """Reads one epoch of a folder; returns seconds to the first batch and the peak of megabytes."""
    from trainers import datasets

    next(iter(datasets.load("ring")))  # loads TensorFlow
    before, start = peak(), time.perf_counter()
    data = datasets.load(folder, "all", batch_size=BATCH, image_size=SIDE, data_dir=data_dir)
    seen, first = 0, None
    for batch in data:
        first = first or time.perf_counter() - start
        seen += len(batch)
    return {
        "megabytes": round(peak() - before, 1),
        "megabytes_of_tensorflow": round(before, 1),
        "seconds_to_first_batch": round(first, 2),
        "images": seen,
    }


def peak():
    """Returns the peak of the process' resident memory, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def beside_training(folder, data_dir):
    """Measures images per second of the pipeline, and of DCGAN's training on it, in turns."""
    import keras

    import zoo
    from trainers import datasets

    keras.utils.set_random_seed(0)
    data = datasets.load(folder, "all", batch_size=BATCH, image_size=SIDE, data_dir=data_dir)
    model = zoo.create("dcgan", scale="small", image_shape=(SIDE, SIDE, 3))

    def fit():
        model.fit(data.repeat(), steps_per_epoch=FLAGS.steps, verbose=0)
        return FLAGS.steps * BATCH

    def batches():
        return sum(len(batch) for batch in data)

    rates = {"batches": [], "fit": []}
    for _ in range(FLAGS.rounds + 1):  # the first compiles
        for name, run in (("batches", batches), ("fit", fit)):
            start = time.perf_counter()
            seen = run()
            rates[name].append(seen / (time.perf_counter() - start))
    medians = {name: float(np.median(found[1:])) for name, found in rates.items()}
    return {
        "images_per_second": {name: round(rate) for name, rate in medians.items()},
        "ratio": round(medians["batches"] / medians["fit"], 1),
    }


def generation_rates():
    """Returns a dict from built-in dataset to the samples per second of its generation."""
    from trainers.datasets import builtin

    rates = {}
    for dataset in builtin.DATASETS:
        count = min(2000, dataset.splits["train"])
        dataset.read("train", count=10)  # fonts and photographs
        start = time.perf_counter()
        dataset.read("train", count=count)
        rates[dataset.name] = round(count / (time.perf_counter() - start))
    return rates


if __name__ == "__main__":
    command_line.run_script(define_flags, main)
