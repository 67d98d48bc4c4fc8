"""Measurements of speed and quality, and the scripts that make what ships with the library."""
