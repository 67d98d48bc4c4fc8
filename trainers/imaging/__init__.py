"""Pictures of samples: grids, GIFs, voxels; colour spaces, and tiles of large images."""
