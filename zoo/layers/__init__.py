"""What Keras lacks or has wrong: one layer per file."""

from zoo.layers.maxout import Maxout

__all__ = ["Maxout"]
