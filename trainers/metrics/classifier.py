"""What evaluators share."""


class Classifier:
    """A network whose last layer, linear, turns features into logits.

    Abstract: those who are one set `name`, and `kernel` (features, classes) and `bias` (classes,)
    of that layer, and define `features(images)`, images (n, h, w, c) in [-1, 1] -> (n, features).
    """

    def head(self, features):
        """The logits of features."""
        return features @ self.kernel + self.bias

    def logits(self, images):
        """log p(class | image) up to a constant per image: (n, classes)."""
        return self.head(self.features(images))

    def classify(self, images):
        """The most likely class of each image: (n,) integers."""
        return self.logits(images).argmax(axis=1)
