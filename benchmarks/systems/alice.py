"""ALICE: an adversarial loss on images and their reconstructions makes BiGAN far more faithful.

Digits, networks and recipe as in the row of BiGAN, which is trained in the same run with the same
seed, each for 6,000 steps of 64. `mse_ratio` is ALICE's error divided by BiGAN's: the claim of the
survey as a number; the reference is 1, BiGAN itself. The notes have the explicit cost, the squared
error.
"""

from benchmarks.shared import acceptance, encoder_rows

STEPS = 6_000
EXPLICIT = {  # the squared error instead of the second discriminator
    "turns": {"cycle_discriminator": 0},
    "loss_weights": {"generator_cycle": 0.0, "generator_reconstruction": 0.005},
}


def run(seed):
    """Returns (recipe, figures, notes, number of images seen)."""
    digits = encoder_rows.Digits.load()
    bigan, _ = encoder_rows.score_model(
        encoder_rows.trained("bigan", "modern", STEPS, seed), digits
    )
    found, notes = encoder_rows.score_model(
        encoder_rows.trained("alice", "modern", STEPS, seed), digits
    )
    explicit = encoder_rows.trained("alice", "modern", STEPS, seed, changes=EXPLICIT)
    figures = {
        "mse_ratio": acceptance.gate(found["mse"] / bigan["mse"], 1.0, 0.6, 0.35, higher=False),
        "agreement": acceptance.gate(found["agreement"], bigan["agreement"], 0.90, 0.95),
    }
    notes |= {
        "alice": found,
        "bigan": bigan,
        "explicit": encoder_rows.score_model(explicit, digits),
        "ten_components": encoder_rows.score_components(digits, 10),
    }
    return "modern", figures, notes, 3 * 64 * STEPS


def picture(seed=0):
    """Held-out digits, and reconstructions by BiGAN and by both costs of ALICE."""
    models = {
        "bigan": encoder_rows.trained("bigan", "modern", STEPS, seed),
        "adversarial": encoder_rows.trained("alice", "modern", STEPS, seed),
        "explicit": encoder_rows.trained("alice", "modern", STEPS, seed, changes=EXPLICIT),
    }
    return encoder_rows.picture(encoder_rows.Digits.load().test, models)
