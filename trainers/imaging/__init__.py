"""Pictures of samples: grids, films, voxels; and colors and tiles of large images."""
