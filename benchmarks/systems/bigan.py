"""BiGAN's encoder inverts its generator, though no loss compares an image with its reconstruction.

Digits: dense networks, ten latents, the modern recipe for 6,000 steps of 64, about a minute. The
paper's rates and objective, on the same networks for as long, are in the notes. The reference is
ten principal components, which minimise what the figure measures: they can hardly be beaten by a
model that does not.
"""

from benchmarks import inference, measure

STEPS = 6_000


def gates(found, reference):
    """Figures of an encoder with ten latents, beside those of ten components."""
    return {
        "mse": measure.gate(found["mse"], reference["mse"], 0.05, 0.03, higher=False),
        "agreement": measure.gate(found["agreement"], reference["agreement"], 0.70, 0.88),
        "one_nn": measure.gate(found["one_nn"], reference["one_nn"], 0.80, 0.93),
    }


def run(seed):
    """(recipe, figures, notes, images seen)."""
    digits = inference.Digits.load()
    found, notes = inference.of_model(inference.trained("bigan", "modern", STEPS, seed), digits)
    paper = inference.of_model(inference.trained("bigan", "paper", STEPS, seed), digits)
    reference = inference.of_components(digits, 10)
    notes |= {"paper": paper[0] | paper[1], "ten_components": reference}
    return "modern", gates(found, reference), notes, 2 * 64 * STEPS


def picture(seed=0):
    """Held-out digits, and what the generator makes of their codes."""
    models = {"G(E(x))": inference.trained("bigan", "modern", STEPS, seed)}
    return inference.picture(inference.Digits.load().test, models)
