"""Mixins of several families: an encoder's methods, and image-to-image translation."""
