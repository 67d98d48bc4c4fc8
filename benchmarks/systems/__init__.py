"""Acceptance rows: for each system, what it has to reach, measured. One file each, with a function
`run(seed)` that returns (recipe, figures, notes, images seen in training)."""
