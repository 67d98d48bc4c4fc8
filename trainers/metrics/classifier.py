"""Base class of evaluators."""


class Classifier:
    """Base class of classifiers whose last, linear layer maps features to logits.

    Subclasses set `name`, and `kernel` (features, classes) and `bias` (classes,) of that layer, and
    define `features(images)`, images (n, h, w, c) in [-1, 1] -> (n, features).
    """

    def head(self, features):
        """Returns the logits of features."""
        return features @ self.kernel + self.bias

    def logits(self, images):
        """Returns log p(class | image) up to a constant per image: (n, classes)."""
        return self.head(self.features(images))

    def classify(self, images):
        """Returns the most likely class of each image: (n,) integers."""
        return self.logits(images).argmax(axis=1)
