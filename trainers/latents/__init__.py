"""The latent space of a generator: inversion, directions and interpolation."""
