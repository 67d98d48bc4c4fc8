"""Layers that Keras lacks or implements differently: one layer per file."""

from zoo.layers.bicubic import Bicubic
from zoo.layers.dropout import Dropout
from zoo.layers.gaussian_noise import GaussianNoise
from zoo.layers.image_pool import ImagePool
from zoo.layers.maxout import Maxout
from zoo.layers.minibatch_discrimination import MinibatchDiscrimination
from zoo.layers.minibatch_std_dev import MinibatchStdDev
from zoo.layers.pad_to_multiple import AnySize
from zoo.layers.pixel_norm import PixelNorm
from zoo.layers.spectral_normalization import SpectralNormalization
from zoo.layers.strided_3d import DoublingConv3D, HalvingConv3D
from zoo.layers.virtual_batch_normalization import VirtualBatchNormalization
from zoo.layers.weight_normalization import WeightNormalization

__all__ = [
    "AnySize",
    "Bicubic",
    "DoublingConv3D",
    "Dropout",
    "GaussianNoise",
    "HalvingConv3D",
    "ImagePool",
    "Maxout",
    "MinibatchDiscrimination",
    "MinibatchStdDev",
    "PixelNorm",
    "SpectralNormalization",
    "VirtualBatchNormalization",
    "WeightNormalization",
]
