"""BiGAN's encoder inverts the generator, though no loss compares an image with its reconstruction.

Digits: dense networks, ten latents, the modern recipe for 6,000 steps of 64, about a minute. The
notes have the paper's rates and objective with the same networks and steps. The reference is ten
principal components, which minimise the squared error that is measured here: a model that does not
minimise it can hardly beat them.
"""

from benchmarks.shared import acceptance, encoder_rows

STEPS = 6_000


def gates(found, reference):
    """Returns the figures of an encoder with ten latents, with ten components as the reference."""
    return {
        "mse": acceptance.gate(found["mse"], reference["mse"], 0.05, 0.03, higher=False),
        "agreement": acceptance.gate(found["agreement"], reference["agreement"], 0.70, 0.88),
        "one_nn": acceptance.gate(found["one_nn"], reference["one_nn"], 0.80, 0.93),
    }


def run(seed):
    """Returns (recipe, figures, notes, number of images seen)."""
    digits = encoder_rows.Digits.load()
    found, notes = encoder_rows.score_model(
        encoder_rows.trained("bigan", "modern", STEPS, seed), digits
    )
    paper = encoder_rows.score_model(encoder_rows.trained("bigan", "paper", STEPS, seed), digits)
    reference = encoder_rows.score_components(digits, 10)
    notes |= {"paper": paper[0] | paper[1], "ten_components": reference}
    return "modern", gates(found, reference), notes, 2 * 64 * STEPS


def picture(seed=0):
    """Held-out digits, and reconstructions from their codes."""
    models = {"G(E(x))": encoder_rows.trained("bigan", "modern", STEPS, seed)}
    return encoder_rows.picture(encoder_rows.Digits.load().test, models)
