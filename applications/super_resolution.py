"""Enlarges photographs two or four times, and trains the networks that do.

    python -m applications.super_resolution --images=photos/ --out=large        # four times
    python -m applications.super_resolution --images=a.jpg --out=large --factor=2
    python -m applications.super_resolution --images=a.jpg --out=blended --blend=0.5
    python -m applications.super_resolution --images=photos/ --out=large --skip_existing
    python -m applications.super_resolution --evaluate --out=scores
    python -m applications.super_resolution --dataset=~/photos --out=runs/mine --steps=4000
    python -m applications.super_resolution --images=a.jpg --out=mine --run=runs/mine/srresnet

SRResNet is closer to the true pixels, SRGAN to the true texture, and --blend interpolates: 0 is
SRResNet, 1 SRGAN. Networks enlarge luminances; colors and opacity are enlarged by bicubic weights.
A photograph is enlarged in tiles of --tile pixels, without a seam, so that it fits into memory.
--evaluate shrinks the held-out photographs of --dataset, and scores a model and baselines that
enlarge them again. A training writes OUT/srresnet and OUT/srgan, each with model.keras,
metrics.json, loss.png and enlarged.png, and under --export_dir SavedModels that take any height and
width.
"""

import dataclasses
import functools
import time
from pathlib import Path

import tqdm
from absl import flags

from applications.shared import flag_sets, image_files, reporting, training_job
from trainers import command_line, files
from trainers.imaging import grids
from trainers.tasks import super_resolution as task
from trainers.tasks import upscaling

FLAGS = flags.FLAGS
SETTINGS = (
    *("model", "dataset", "recipe", "scale", "image_size", "batch_size", "seed", "precision"),
    "factor",
)
STAGES = ("srresnet", "srgan")
TRAINING_FLAGS = (  # --evaluate takes --dataset
    *(name for name in flag_sets.TRAINING_FLAGS if name != "dataset"),
    "srgan_steps",
)
PRESETS = {2: "srresnet_x2_photos", 4: "srresnet_photos"}  # --factor -> default preset


def define_flags():
    """Defines the flags of this script."""
    command_line.define_training_flags(model="srgan", dataset="photos", steps=1500, batch_size=8)
    flags.adopt_module_key_flags(command_line)
    flag_sets.define_trainer(recipe="modern")
    flag_sets.define_trained()
    flag_sets.define_skip_existing()
    flags.adopt_module_key_flags(flag_sets)
    flags.DEFINE_enum(
        "factor", "4", ["2", "4"], "Factor of the sides; with --preset and --run that of the model."
    )
    flags.DEFINE_float("blend", 0.0, "Interpolation from SRResNet, 0, to SRGAN, 1.", 0.0, 1.0)
    flags.DEFINE_integer("tile", upscaling.TILE, "Side of the tiles; 0: no tiles.", lower_bound=0)
    flags.DEFINE_integer("srgan_steps", 1000, "Steps of SRGAN, after --steps.", lower_bound=0)
    flags.DEFINE_alias("game_steps", "srgan_steps")
    flags.DEFINE_bool("evaluate", False, "Score a trained model on held-out photographs.")
    flags.DEFINE_enum(
        "format", "png", ["png", "jpeg", "webp"], "Format of the images that are written."
    )


def main():
    """Reads the flags and does the job."""
    factor = int(FLAGS.factor)
    if FLAGS.images is None and not FLAGS.evaluate:
        with command_line.flag_errors("images"):
            if FLAGS.preset or FLAGS.run or FLAGS.blend:
                raise ValueError("should name an image, or a folder of them. Received: nothing.")
        flag_sets.reject_flags(["tile", "format", "skip_existing"], "applies to --images. Add it.")
        flag_sets.reject_flags(["data_dir"], "does not apply: photographs are read where they are.")
        name = f"{FLAGS.model}_{Path(FLAGS.dataset).stem}"
        training_job.resume_flags(SETTINGS, name, "srresnet")
        training_job.resume_flags((), name, "srgan", steps="srgan_steps")
        settings = training_job.values_of(SETTINGS) | {"factor": int(FLAGS.factor)}
        settings["image_size"] = FLAGS.image_size or task.CROP
        job = training_job.TrainingJob.from_flags(settings, name, "srresnet")
        with command_line.when_stopped(job.stopped_advice):
            train(job, FLAGS.srgan_steps)
        return
    out = flag_sets.results_folder()
    remedy = "--images, --evaluate, --preset and --run"
    flag_sets.reject_training_flags(TRAINING_FLAGS, remedy)
    if FLAGS.evaluate:
        flag_sets.reject_unused_flags("--evaluate", "evaluate", "dataset", "factor", "blend")
        flag_sets.check_not_existing([out / "metrics.json", out / "enlarged.png"], FLAGS.overwrite)
    else:
        used = "images", "factor", "blend", "tile", "format", "skip_existing"
        flag_sets.reject_unused_flags("--images", *used)
        images = image_files.ImageFolder(
            FLAGS.images, out, FLAGS.format, FLAGS.overwrite, FLAGS.skip_existing
        )
        if not images:  # all are done
            return
    from trainers import devices

    devices.strategy(FLAGS.device)
    if (FLAGS.preset or FLAGS.run) and not FLAGS["factor"].present:
        factor = None  # that of the model
    model = load_model(FLAGS.preset, FLAGS.run, factor, FLAGS.blend)
    if FLAGS.evaluate:
        splits = load_splits(FLAGS.dataset)
        evaluate(model, splits, out)
        return
    with command_line.flag_errors("tile"):
        upscaler = upscaling.TiledUpscaler(model, FLAGS.tile)
    with command_line.when_stopped(images.stopped_advice):
        upscale_all(upscaler, images, out)


def load_model(preset, run, factor, blend=0.0):
    """Loads the model that the flags mean, interpolated between SRResNet and SRGAN by --blend.

    Args:
        preset, run: as the flags; by default the preset of the factor.
        factor: as the flag; None with a preset or run for that of the model.
        blend: as the flag.

    Raises:
        ValueError: there is no such model, it enlarges by another factor, or there is no model to
            blend it with.
    """
    if preset is None and run is None:
        preset = PRESETS[factor]
    model = flag_sets.load_trained(preset, run)
    if not hasattr(model, "enlarge"):
        raise ValueError(f"The model should enlarge. Received: a {type(model).__name__}.")
    with command_line.flag_errors("factor"):
        if factor not in (None, model.factor):
            raise ValueError(f"should be {model.factor}, as the model's. Received: {factor}")
    if not blend:
        return model
    with command_line.flag_errors("blend"):
        if "srresnet" not in (preset or Path(run).name):
            raise ValueError(
                "should be given with a preset or run named srresnet, next to which there is one "
                f"named srgan. Received: {preset or run}"
            )
    if preset is not None:
        other = flag_sets.load_trained(preset.replace("srresnet", "srgan"))
    else:
        other = flag_sets.load_trained(
            run=Path(run).with_name(Path(run).name.replace("srresnet", "srgan"))
        )
    with command_line.flag_errors("blend"):
        return upscaling.blend(model, other, blend)


def upscale_all(upscaler, images, out):
    """Writes each photograph enlarged, and before_after.png with the middle of the first ones.

    Args:
        upscaler: a `trainers.tasks.upscaling.TiledUpscaler`.
        images: an `image_files.ImageFolder`.
        out: a folder.
    """
    factor, previews = upscaler.model.factor, {"bicubic": [], "enlarged": []}
    begun, megapixels = time.time(), 0.0
    for i, (target, pixels, opacity, metadata) in enumerate(images.for_factor(factor), 1):
        name = f"{target.name}, {i} of {len(images)}"
        bar = functools.partial(tqdm.tqdm, desc=name, unit="tile", disable=None)
        large = upscaler.upscale(pixels, bar)
        opacity = None if opacity is None else task.bicubic_resize(opacity, factor)
        image_files.save_photograph(large, opacity, target, metadata)
        megapixels += large.shape[0] * large.shape[1] / 1e6
        if i <= image_files.N_SHOWN:
            small = grids.center_crop(pixels, task.PREVIEW_SIZE)
            previews["bicubic"].append(task.bicubic_resize(small, factor))
            previews["enlarged"].append(grids.center_crop(large, task.PREVIEW_SIZE * factor))
    images.save_before_after(previews)
    print(f"{megapixels:.3g} megapixels are written in {time.time() - begun:.1f} s: {out}")


def load_splits(dataset, side=task.CROP):
    """Returns the photographs of --dataset: see `trainers.tasks.super_resolution.load_splits`."""
    with command_line.flag_errors("dataset"):
        return task.load_splits(dataset, side)


def evaluate(model, splits, out):
    """Scores a model on held-out photographs, and shows pieces of them.

    Args:
        model: a model that enlarges.
        splits: photographs, as `load_splits` returns them.
        out: a folder for metrics.json and enlarged.png.

    Returns:
        What was written to metrics.json.
    """
    figures = scores({"ours": model}, splits, out)
    files.write_json(out / "metrics.json", figures)
    return figures


def scores(models, splits, out):
    """Scores models and baselines, prints the scores and draws enlarged.png.

    Args:
        models: name -> a model that enlarges; all by the same factor.
        splits: photographs, as `load_splits` returns them.
        out: a folder.

    Returns:
        A dict of factor, photographs, methods, name -> scores, and verdicts.
    """
    figures, rows = task.score_models(models, splits)
    reporting.save_pairs(out / "enlarged.png", rows)
    compared = task.compared_scores(figures["methods"])
    verdicts = {name: reporting.report(compared, name, task.LOWER) for name in models}
    return figures | {"verdicts": verdicts}


def train(job, srgan_steps):
    """Trains, scores and exports SRResNet, and SRGAN from there.

    Args:
        job: a `TrainingJob` with the `SETTINGS`, of which image_size is the side of the crops, and
            the steps of SRResNet.
        srgan_steps: train steps of SRGAN; 0: none.

    Returns:
        What was written to the metrics.json of the last stage; None on workers but the chief.

    Raises:
        ValueError: in one sentence, for settings that do not fit, before anything is written.
    """
    settings, out = job.settings, job.out
    with command_line.flag_errors("model"):
        if settings["model"] != "srgan":
            raise ValueError(f"should be srgan. Received: {settings['model']}")
    begun = files.read_json(out / "srgan" / "settings.json") or {}
    stale = bool(begun) and not continues(out)
    if job.resume and begun and not stale and begun.get("first_steps") != job.steps:
        raise ValueError(
            f"--steps: {out / 'srgan'} went on from {begun.get('first_steps')} steps of SRResNet. "
            f"Received: {job.steps}. Choose another --out, or begin anew with --overwrite."
        )
    splits = load_splits(settings["dataset"], settings["image_size"])
    data = task.PhotographData(splits, settings["image_size"])

    from trainers import runs
    from trainers.runs import loss_log

    jobs = {
        stage: dataclasses.replace(job, settings=kept, steps=steps, out=out / stage)
        for stage, kept, steps in (
            ("srresnet", {"stage": "srresnet"} | settings, job.steps),
            ("srgan", {"stage": "srgan"} | settings | {"first_steps": job.steps}, srgan_steps),
        )
        if steps
    }

    def build(data, steps=1, first=None):
        with command_line.flag_errors("image_size"):
            one = dataclasses.replace(job, steps=steps)
            model = one.create_model(**data.model_kwargs, factor=settings["factor"])
        if first is not None:
            model.set_weights(first.averaged().get_weights())
        return model

    def pretraining(model):
        return model.pretraining(job.steps if settings["recipe"] == "modern" else None)

    strategy, _ = job.check(data, build)
    if stale and job.resume and "srgan" in jobs:  # a new SRResNet was begun with --overwrite
        print(f"{out / 'srgan'} went on from another SRResNet: it is trained anew.")
        jobs["srgan"] = dataclasses.replace(jobs["srgan"], resume=False, overwrite=True)
    # Before any training, and first the stage that there is: a refused one leaves no new folder.
    begun_first = sorted(jobs, key=lambda stage: not jobs[stage].out.exists())
    opened = {stage: jobs[stage].open_run(strategy) for stage in begun_first}
    first, figures = None, None
    for stage, one in jobs.items():
        changes = {"changes": pretraining} if stage == "srresnet" else {}
        begin = functools.partial(build, steps=one.steps, first=first)
        began = (
            {} if first is None else {"first.json": {"model_sha256": model_of(out / "srresnet")}}
        )
        trained = one.train(data, begin, run=opened[stage], notes=began, **changes)
        first, figures = trained.model, trained.figures
        if first is None:  # finished before
            first = runs.load_model(one.out)
        elif trained.is_new:
            loss_log.plot_losses(one.out, type(first).__name__)
            found = scores({stage: first}, splits, one.out)
            figures = trained.finish(found, f"{stage}_x{first.factor}")
    return figures


def model_of(folder):
    """Returns the digest of the model of a finished run; None where it is not finished."""
    return (files.read_json(folder / "metrics.json") or {}).get("model_sha256")


def continues(out):
    """Whether the SRGAN of a run went on from the SRResNet that is beside it.

    Earlier versions did not write which: there a finished one is taken for it.
    """
    srresnet = model_of(out / "srresnet")
    first = files.read_json(out / "srgan" / "first.json") or {}
    return srresnet is not None and first.get("model_sha256", srresnet) == srresnet


if __name__ == "__main__":
    command_line.run_script(define_flags, main)
