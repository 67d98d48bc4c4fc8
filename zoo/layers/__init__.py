"""What Keras lacks or has wrong: one layer per file."""

from zoo.layers.dropout import Dropout
from zoo.layers.maxout import Maxout

__all__ = ["Dropout", "Maxout"]
