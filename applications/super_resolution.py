"""Enlarges photographs two or four times, and trains the networks that do.

    python -m applications.super_resolution --images=photos/ --out=large        # four times
    python -m applications.super_resolution --images=a.jpg --out=large --factor=2
    python -m applications.super_resolution --images=a.jpg --out=large --blend=0.5
    python -m applications.super_resolution --evaluate --out=scores
    python -m applications.super_resolution --dataset=~/photos --out=runs/mine --steps=4000
    python -m applications.super_resolution --images=a.jpg --out=large --run=runs/mine/srresnet

SRResNet is near to the pixels, SRGAN to the texture, and --blend lies between them: 0 is the one, 1
the other. Networks see luminances; colours are enlarged by bicubic weights, and so is opacity. A
photograph goes through memory in pieces of --tile pixels, without a seam. --evaluate shrinks the
photographs that are held out of --dataset, and says how near to them a model and cheap methods
come back. A training writes OUT/srresnet and OUT/srgan, each with model.keras, metrics.json,
loss.png and enlarged.png, and under --export_dir SavedModels that take any height and width.
"""

import functools
import time
from pathlib import Path

import numpy as np
import tqdm
from absl import flags

from applications.shared import flag_sets, image_files, reporting, training_job
from trainers import command_line, files
from trainers.imaging import grids

FLAGS = flags.FLAGS
SETTINGS = (
    *("model", "dataset", "recipe", "scale", "image_size", "batch_size", "seed", "precision"),
    "factor",
)
STAGES = ("srresnet", "srgan")
TRAINING = (  # flags that a trained model does not take
    *("model", "recipe", "scale", "steps", "game_steps", "batch_size", "image_size", "export_dir"),
    *("resume", "precision", "data_dir", "workers", "worker"),
)
PRESETS = {2: "srresnet_x2_photos", 4: "srresnet_photos"}  # those of --factor
TILE = 256  # pixels of a piece, before it is enlarged
SIDE = 64  # of the crops to learn from, unless --image_size says another
SHOWN = 48  # pixels of what pictures show, before they are enlarged


def define_flags():
    """Defines the flags of this script."""
    command_line.define_training_flags(model="srgan", dataset="photos", steps=1500, batch_size=8)
    flags.adopt_module_key_flags(command_line)
    flag_sets.define_trainer(recipe="modern")
    flag_sets.define_trained()
    flags.adopt_module_key_flags(flag_sets)
    flags.DEFINE_enum("factor", "4", ["2", "4"], "How many times sides are enlarged.")
    flags.DEFINE_float("blend", 0.0, "From SRResNet, 0, to SRGAN, 1.", 0.0, 1.0)
    flags.DEFINE_integer("tile", TILE, "Pixels of the pieces; 0: all at once.", lower_bound=0)
    flags.DEFINE_integer("game_steps", 1000, "Of SRGAN, after --steps.", lower_bound=0)
    flags.DEFINE_bool("evaluate", False, "Score a trained model, on photographs held out.")
    flags.DEFINE_enum("format", "png", ["png", "jpeg", "webp"], "Of the images that are written.")


def main():
    """Reads the flags and does the job."""
    factor = int(FLAGS.factor)
    if FLAGS.images is None and not FLAGS.evaluate:
        with command_line.flag_errors("images"):
            if FLAGS.preset or FLAGS.run or FLAGS.blend:
                raise ValueError("should name an image, or a folder of them. Received: nothing.")
        flag_sets.reject_flags(["tile", "format"], "is of enlarging: give --images.")
        settings = {name: FLAGS[name].value for name in SETTINGS} | {"factor": factor}
        settings["image_size"] = FLAGS.image_size or SIDE
        out = Path(FLAGS.out or f"runs/{FLAGS.model}_{Path(FLAGS.dataset).stem}").expanduser()
        export_dir = flag_sets.export_dir_of(out)
        how = ("device", "workers", "worker", "resume", "overwrite")
        steps = dict(zip(STAGES, (FLAGS.steps, FLAGS.game_steps), strict=True))
        learn(settings, steps, out, export_dir, **{k: FLAGS[k].value for k in how})
        return
    with command_line.flag_errors("out"):
        if FLAGS.out is None:
            raise ValueError("should name a folder for the results. Received: nothing.")
    flag_sets.reject_flags(
        TRAINING, "is of a training: leave out --images, --evaluate, --preset and --run."
    )
    out = Path(FLAGS.out).expanduser()
    if FLAGS.evaluate:
        flag_sets.reject_flags(["images"], "should be given without --evaluate.")
        flag_sets.check_not_existing([out / "metrics.json", out / "enlarged.png"], FLAGS.overwrite)
    else:
        flag_sets.reject_flags(["dataset"], "is of --evaluate and of a training.")
        found = image_files.ImageFolder(FLAGS.images, out, FLAGS.format, FLAGS.overwrite)
    from trainers import devices

    devices.strategy(FLAGS.device)
    model = model_of(FLAGS.preset, FLAGS.run, factor, FLAGS.blend)
    if FLAGS.evaluate:
        known = known_of(FLAGS.dataset)
        evaluate(model, known, files.ensure_folder(out, "out"))
        return
    enlarge_all(TiledUpscaler(model, FLAGS.tile), found, out)


def model_of(preset, run, factor, blend=0.0):
    """The model that the flags mean: trained, and between SRResNet and SRGAN as --blend says.

    Raises:
        ValueError: there is none, it does not enlarge by the factor, or nothing to blend it with.
    """
    if preset is None and run is None:
        preset = PRESETS[factor]
    model = flag_sets.load_trained(preset, run)
    if not hasattr(model, "enlarge"):
        raise ValueError(f"The model should enlarge. Received: a {type(model).__name__}.")
    with command_line.flag_errors("factor"):
        if model.factor != factor:
            raise ValueError(f"should be {model.factor}, as the model's. Received: {factor}")
    if not blend:
        return model
    with command_line.flag_errors("blend"):
        if "srresnet" not in (preset or Path(run).name):
            raise ValueError(
                "should be given with a preset or run named srresnet, beside which there is one "
                f"named srgan. Received: {preset or run}"
            )
    if preset is not None:
        other = flag_sets.load_trained(preset.replace("srresnet", "srgan"))
    else:
        other = flag_sets.load_trained(
            run=Path(run).with_name(Path(run).name.replace("srresnet", "srgan"))
        )
    return blended(model, other, blend)


def blended(first, second, share):
    """A model whose generator has the weights (1 - share) · first + share · second.

    Source: Wang et al. 2018, ESRGAN, §3.4, https://arxiv.org/abs/1809.00219.

    Raises:
        ValueError: for generators of other sizes.

    Example:
        >>> import zoo
        >>> sizes = {"image_shape": (16, 16, 1), "width": 4, "blocks": 1}
        >>> one, other = zoo.SRGAN(**sizes), zoo.SRGAN(**sizes)
        >>> middle = blended(one, other, 0.25)
        >>> x = np.zeros((1, 4, 4, 1), "float32")
        >>> bool(np.allclose(blended(one, other, 1.0).enlarge(x), other.enlarge(x), atol=1e-6))
        True
    """
    weights = [m.averaged().generator.get_weights() for m in (first, second)]
    if [w.shape for w in weights[0]] != [w.shape for w in weights[1]]:
        raise ValueError("--blend: should be given with two models of the same sizes.")
    made = type(first).from_config(first.get_config())
    pairs = zip(*weights, strict=True)
    made.generator.set_weights([(1.0 - share) * a + share * b for a, b in pairs])
    return made


class TiledUpscaler:
    """Photographs enlarged by one model.

    Args:
        model: one of the zoo that enlarges, of luminances or of colours.
        tile: pixels of the pieces; 0: all at once.

    Raises:
        ValueError: for a model that sees too far to work by pieces.

    Example:
        >>> import zoo
        >>> model = zoo.create("srgan", scale="small", image_shape=(16, 16, 1), factor=2, width=4)
        >>> TiledUpscaler(model, tile=8).enlarged(np.zeros((10, 15, 3), np.uint8)).shape
        (20, 30, 3)
    """

    def __init__(self, model, tile=TILE):
        from trainers.imaging import tiling

        self.model, self.tile, self.margin = model, tile, 0
        if tile:
            with command_line.flag_errors("tile"):
                # Colours are enlarged by bicubic weights, which see two pixels.
                self.margin = max(2, tiling.receptive_radius(model.averaged().generator))

    def enlarged(self, pixels, progress=iter):
        """Pixels, uint8 (h, w, 1 or 3), enlarged by the model's factor."""
        from trainers.imaging import tiling

        side = self.tile or max(pixels.shape[:2])
        return tiling.map_tiles(self._piece, pixels, self.model.factor, side, self.margin, progress)

    def _piece(self, pixels):
        from trainers.imaging import grids, ycbcr

        if self.model.image_shape[-1] == 3:
            colour = np.broadcast_to(pixels, (*pixels.shape[:2], 3)) / 127.5 - 1.0
            made = grids.to_uint8(self.model.enlarge(colour.astype("float32")[None])[0])
        else:
            luminance, colour = ycbcr.split(pixels)
            made = ycbcr.joined(self.luminance(luminance), bicubic(colour, self.model.factor))
        return made[..., : pixels.shape[-1]]

    def luminance(self, small):
        """A luminance (h, w, 1) enlarged, both as shares of 255, all at once."""
        return self.model.enlarge(2.0 * small[None] - 1.0)[0] / 2.0 + 0.5


def bicubic(image, factor):
    """Each channel of an image (h, w, c) enlarged by bicubic weights.

    Example:
        >>> bicubic(np.ones((2, 3, 2), "float32"), 4).shape
        (8, 12, 2)
    """
    from trainers.tasks import super_resolution

    channels = np.split(image, image.shape[-1], axis=-1)
    return np.concatenate(
        [super_resolution.bicubic_resize(one, factor) for one in channels], axis=-1
    )


def enlarge_all(enlarger, album, out):
    """Writes each photograph enlarged, and before_after.png with the middle of the first ones.

    Args:
        enlarger: an `TiledUpscaler`.
        album: an `image_files.ImageFolder`.
        out: a folder.
    """
    factor, shown = enlarger.model.factor, {"bicubic": [], "enlarged": []}
    begun, megapixels = time.time(), 0.0
    for i, (target, pixels, opacity) in enumerate(album.enlarged(factor), start=1):
        name = f"{target.name}, {i} of {len(album)}"
        bar = functools.partial(tqdm.tqdm, desc=name, unit="piece", disable=None)
        large = enlarger.enlarged(pixels, bar)
        image_files.save_photograph(
            large, None if opacity is None else bicubic(opacity, factor), target
        )
        megapixels += large.shape[0] * large.shape[1] / 1e6
        if i <= image_files.SHOWN:
            small = grids.center_crop(pixels, SHOWN)
            shown["bicubic"].append(bicubic(small, factor))
            shown["enlarged"].append(grids.center_crop(large, SHOWN * factor))
    reporting.save_pairs(out / image_files.BEFORE_AFTER, shown)
    print(f"{(time.time() - begun) / megapixels:.2f} s for a megapixel that is written: {out}")


def known_of(dataset, side=SIDE):
    """ "train" and "test" -> name -> pixels of the photographs of --dataset that are large enough
    for crops of a side, and to be scored.

    Raises:
        ValueError: for a split without such a photograph.
    """
    from trainers.datasets import crops
    from trainers.tasks import super_resolution

    with command_line.flag_errors("dataset"):
        test = crops.load_photographs(dataset, "test", super_resolution.SQUARE)
        return {"train": crops.load_photographs(dataset, "train", side), "test": test}


def evaluate(model, known, out):
    """Scores a model on photographs that are held out whole, and shows pieces of them.

    Args:
        model: one that enlarges.
        known: as `known_of` gives them.
        out: a folder for metrics.json and enlarged.png.

    Returns:
        What was written to metrics.json.
    """
    figures = scores({"ours": model}, known, out)
    files.write_json(out / "metrics.json", figures)
    return figures


def scores(models, known, out):
    """Figures of models and of cheap methods, said and drawn as enlarged.png.

    Args:
        models: name -> one that enlarges; all by the same factor.
        known: as `known_of` gives them.
        out: a folder.

    Returns:
        A dict of factor, photographs, and methods, name -> figures; and what beats what.
    """
    from trainers.tasks import super_resolution

    factor = next(iter(models.values())).factor
    seen, scenes = (
        super_resolution.low_high_pairs(known[split], factor) for split in ("train", "test")
    )
    linear = super_resolution.LinearFilter(factor).fit(seen.values())
    methods = {
        "bicubic": lambda small: super_resolution.bicubic_resize(small, factor),
        "linear filter": linear.enlarge,
    }
    methods |= {name: TiledUpscaler(model).luminance for name, model in models.items()}
    found = super_resolution.score_methods(methods, scenes, factor)
    for one in found.values():
        one.pop("each")
    rows = {name: [] for name in (*methods, "true")}
    for small, large in list(scenes.values())[:8]:
        small = grids.center_crop(small, SHOWN)
        for name, enlarge in methods.items():
            rows[name].append(enlarge(small))
        rows["true"].append(grids.center_crop(large, SHOWN * factor))
    shown = {k: [np.clip(x, 0.0, 1.0) * 255.0 for x in images] for k, images in rows.items()}
    reporting.save_pairs(out / "enlarged.png", shown)
    return {
        "factor": factor,
        "photographs": list(scenes),
        "methods": found,
        "verdicts": {name: verdicts_of(found, name) for name in models},
    }


def verdicts_of(found, name):
    """How a model stands to cheap methods, which is printed too."""
    told = {
        method: {kind: one[kind] for kind in ("psnr", "ssim", "consistency")}
        | {"texture": one["patch_swd"][0]}
        for method, one in found.items()
    }
    return reporting.report(told, name, LOWER)


LOWER = ("texture",)  # the patch-SWD of the finest level, of which less is better


def learn(
    settings,
    steps,
    out,
    export_dir,
    device="auto",
    workers=None,
    worker=0,
    resume=False,
    overwrite=False,
):
    """Trains, scores and exports SRResNet, and SRGAN from there.

    Args:
        settings: a dict of the `SETTINGS`, each as the flag of that name; image_size is the side of
            the crops.
        steps: of each of the `STAGES`; 0 of the latter leaves it out.
        out, export_dir: folders.
        device, workers, worker, resume, overwrite: as the flags.

    Returns:
        What was written to the metrics.json of the last; None on workers but the first, which write
        nothing.

    Raises:
        ValueError: in one sentence, for settings that do not fit, before anything is written.
    """
    with command_line.flag_errors("model"):
        if settings["model"] != "srgan":
            raise ValueError(f"should be srgan. Received: {settings['model']}")
    from trainers import devices, export, runs
    from trainers.datasets import crops
    from trainers.engine import data_adapter
    from trainers.imaging import ycbcr
    from trainers.runs import loss_log

    side, seed = settings["image_size"], settings["seed"]
    begun = files.read_json(out / "srgan" / "settings.json") or {}
    if resume and begun and begun.get("first_steps") != steps["srresnet"]:
        raise ValueError(
            f"--steps: {out / 'srgan'} went on from {begun.get('first_steps')} steps of SRResNet. "
            f"Received: {steps['srresnet']}. Choose another --out, or begin anew with --overwrite."
        )
    known = known_of(settings["dataset"], settings["image_size"])
    luminances = [2.0 * ycbcr.luminance(x) - 1.0 for x in known["train"].values()]
    strategy = devices.strategy(device, workers, worker)
    devices.set_precision(settings["precision"])
    together, started = settings["batch_size"], {}
    data_adapter.check_divisible(together, 1, strategy.num_replicas_in_sync)
    with strategy.scope():
        build(settings, 1)  # refuses sizes that do not fit before anything is written
    for stage, count in steps.items():
        told = {"stage": stage} | settings
        if stage == "srgan":
            told |= {"first_steps": steps["srresnet"]}
        if count:
            where = out / stage, export_dir
            started[stage] = training_job.open_run(*where, told, count, resume, overwrite, strategy)
    in_epoch = max(1, sum(x.size for x in luminances) // (side**2 * together))

    def load(start):
        number = start[0] * in_epoch + start[1]
        return crops.random_crops(luminances, side, together, seed, number, mirrored=True)

    first = None
    for stage, run in started.items():
        count = steps[stage]
        with strategy.scope():
            model = build(settings, count)
        if run.finished:
            first, figures = runs.load_model(out / stage), run.figures
            continue
        if first is not None:
            model.set_weights(first.averaged().get_weights())
        changes = {}
        if stage == "srresnet":
            changes = model.pretraining(count if settings["recipe"] == "modern" else None)
        fast = runs.fast_options(model, run.stride)
        model.compile(settings["recipe"], count, **fast, **changes)
        run.train(model, load, in_epoch)
        first = model
        if not run.is_chief:
            figures = None
            continue
        loss_log.plot_losses(out / stage, type(model).__name__)
        found = scores({stage: model}, known, out / stage)
        version = export.save(model, export.next_version(export_dir / f"{stage}_x{model.factor}"))
        figures = run.finish(model, found | {"saved_model": str(version)})
        print(f"pictures, metrics.json, model.keras: {out / stage}\nSavedModel: {version}")
    return figures


def build(settings, steps):
    """The model of the settings, compiled."""
    import keras

    import zoo

    keras.utils.set_random_seed(settings["seed"])
    side = settings["image_size"]
    sizes = {"image_shape": (side, side, 1), "factor": settings["factor"]}
    with command_line.flag_errors("image_size"):
        return zoo.create("srgan", settings["recipe"], settings["scale"], steps, **sizes)


if __name__ == "__main__":
    command_line.run_script(define_flags, main)
