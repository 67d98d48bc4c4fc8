"""SRResNet enlarges photographs better than a linear filter does, and SRGAN adds texture.

Factors of two and four, each as the row srgan of the survey trains: small networks, the modern
recipe, 1,500 steps of 8 crops for the first stage, and 1,000 for the second, where that row has
600. Four complete photographs are held out. `psnr` is the mean over them, of SRResNet, compared
with a linear filter of 7x7 low-resolution pixels, over which .3 dB are required; `p` is the p-value
of Wilcoxon's signed-rank test on the PSNR of 128x128 squares, in pairs. `texture` is the patch-SWD
of the finest level to the true photographs, of SRGAN divided by that of SRResNet, and its reference
that of the linear filter. `seam` is the largest difference between a photograph enlarged by tiles
and one enlarged at once, in 255ths; the reference are tiles without a margin. The notes have SSIM,
the consistency with the low-resolution image, interpolations between both networks (`blend`), and
the seconds for a megapixel.
"""

import functools
import time

import numpy as np
from scipy.stats import wilcoxon

from benchmarks.shared import acceptance
from benchmarks.systems import srgan
from trainers import metrics
from trainers.datasets import crops
from trainers.datasets.builtin import photos
from trainers.imaging import grids, tiling
from trainers.tasks import super_resolution, upscaling

STEPS = 1_000  # of the second stage
SQUARE = 128  # pixels of a side of the squares of the paired test
BOUNDS = {2: (0.3, 0.7), 4: (0.3, 0.7)}  # dB over the linear filter: required, target
SHARES = (0.25, 0.5, 0.75)
ABLATIONS = """
On seed 0, 600 steps of the second stage: `texture` .630 for a factor of four, and .634 for two,
where 1,000 steps are worse. More weight for the adversarial loss for a factor of two was not tried.
The preset srgan_photos has the 600 steps of the row srgan.
"""


def methods(factor, seed):
    """Returns name -> a function from small luminances to large ones."""
    pairs = super_resolution.low_high_pairs(photos.photographs("train"), factor)
    return super_resolution.baselines(pairs, factor) | {
        name: functools.partial(
            super_resolution.upscale_luminance, srgan.trained(seed, steps, factor)
        )
        for name, steps in (("srresnet", 0), ("srgan", STEPS))
    }


def blended(factor, seed, share):
    """Returns a function from small luminances to large ones, by a blend of SRResNet and SRGAN."""
    stages = (srgan.trained(seed, steps, factor) for steps in (0, STEPS))
    model = upscaling.blend(*stages, share)
    return functools.partial(super_resolution.upscale_luminance, model)


def paired_test(one, other, scenes, factor):
    """Returns (number of squares, p-value): whether the PSNR of the first function is greater."""

    def each(enlarge):
        values = []
        for small, large in scenes.values():
            enlarged = np.clip(enlarge(small), 16.0 / 255.0, 235.0 / 255.0)
            inner = (slice(factor, -factor),) * 2
            pairs = (crops.grid_patches(image[inner], SQUARE) for image in (large, enlarged))
            values += [metrics.psnr(a[None], b[None]) for a, b in zip(*pairs, strict=True)]
        return values

    ours, theirs = each(one), each(other)
    return len(ours), float(wilcoxon(ours, theirs, alternative="greater").pvalue)


def seams(model, small):
    """Returns the largest error of tiles of 32 pixels, in 255ths, with a margin and without."""

    enlarge = functools.partial(super_resolution.upscale_luminance, model)
    untiled = enlarge(small)
    margins = tiling.receptive_radius(model.generator), 0
    tiled = (tiling.map_tiles(enlarge, small, model.factor, 32, margin) for margin in margins)
    return [float(255.0 * np.abs(one - untiled).max()) for one in tiled]


def seconds(model, side=256):
    """Returns the seconds for a megapixel of output, the median of three."""
    picture, taken = np.zeros((1, side, side, 1), "float32"), []
    for _ in range(4):
        begun = time.perf_counter()
        model.enlarge(picture)
        taken.append(time.perf_counter() - begun)
    return float(np.median(taken[1:])) / (side * model.factor / 1_000.0) ** 2


def run(seed):
    """Returns (recipe, figures, notes, number of crops seen)."""
    figures, notes = {}, {}
    for factor, (required, target) in BOUNDS.items():
        scenes = super_resolution.low_high_pairs(photos.photographs("test"), factor)
        ways = methods(factor, seed)
        blends = {f"blend {share}": blended(factor, seed, share) for share in SHARES}
        scores = super_resolution.score_methods(ways | blends, scenes, factor, seed)
        first, second, baseline = (scores[name] for name in ("srresnet", "srgan", "linear filter"))
        squares, p = paired_test(ways["srresnet"], ways["linear filter"], scenes, factor)
        textures = [f["patch_swd"][0] / first["patch_swd"][0] for f in (second, baseline)]
        baseline_psnr = baseline["psnr"]
        target_psnr = 26.7 if factor == 4 else baseline_psnr + target
        model = srgan.trained(seed, 0, factor)
        seam = seams(model, scenes["coins"][0])
        figures |= {
            f"x{factor}_psnr": acceptance.gate(
                first["psnr"], baseline_psnr, baseline_psnr + required, target_psnr
            ),
            f"x{factor}_p": acceptance.gate(p, 1.0, 0.01, 0.001, higher=False),
            f"x{factor}_texture": acceptance.gate(*textures, 0.6, 0.4, higher=False),
            f"x{factor}_seam": acceptance.gate(*seam, 1.0, 0.1, higher=False),
        }
        notes[f"x{factor}"] = {
            "methods": scores,
            "squares": squares,
            "psnr loss": first["psnr"] - second["psnr"],
            "seconds per megapixel": seconds(model),
        }
    return "modern", figures, notes, 2 * srgan.BATCH * (srgan.PRETRAINING + STEPS)


def notes_table(notes):
    """Table of all methods, and the costs of SRGAN in PSNR and seconds."""
    lines = [
        "| | method | PSNR | SSIM | shrunk again | patch-SWD, finest |",
        "|---|---|---|---|---|---|",
    ]
    for factor in BOUNDS:
        for name, one in notes[f"x{factor}"]["methods"].items():
            lines.append(
                f"| x{factor} | {name} | {one['psnr']:.2f} dB | {one['ssim']:.4f} "
                f"| {one['consistency']:.1f} dB | {one['patch_swd'][0]:.3f} |"
            )
    costs = (
        f"x{factor} {notes[f'x{factor}']['psnr loss']:.2f} dB of PSNR and, as SRResNet, "
        f"{notes[f'x{factor}']['seconds per megapixel']:.2f} s for a megapixel that is written"
        for factor in BOUNDS
    )
    return [
        *lines,
        "",
        f"SRGAN costs {'; '.join(costs)}, by one thread on a machine that is shared.",
    ]


def picture(seed=0):
    """Crops of the held-out photographs, enlarged by a factor of two, and the true crops."""
    factor, side = 2, 48
    ways = methods(factor, seed)
    last = ways.pop("srgan")
    ways |= {"between": blended(factor, seed, 0.5), "srgan": last}
    rows = {name: [] for name in (*ways, "true")}
    for small, large in super_resolution.low_high_pairs(
        photos.photographs("test"), factor
    ).values():
        for y, x in ((48, 80), (80, 120)):
            for name, enlarge in ways.items():
                rows[name].append(enlarge(small[y : y + side, x : x + side]))
            place = (slice(factor * n, factor * (n + side)) for n in (y, x))
            rows["true"].append(large[tuple(place)])
    stacks = [2.0 * np.clip(np.stack(images), 0.0, 1.0) - 1.0 for images in rows.values()]
    return grids.grid(stacks, labels=list(rows))


def presets(seed=0):
    """Returns a dict from preset name to model."""
    return {
        "srresnet_x2_photos": srgan.trained(seed, 0, 2),
        "srgan_x2_photos": srgan.trained(seed, STEPS, 2),
    }
