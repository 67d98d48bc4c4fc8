"""Jobs: one absl script each, each importable."""
