"""A run opens its images once."""

import numpy as np
from PIL import Image

from trainers.datasets import image_folders
from trainers.tasks import image_synthesis


def test_a_run_walks_its_folder_once(tmp_path, monkeypatch):
    folder = tmp_path / "photos"
    folder.mkdir()
    for i in range(20):
        Image.new("RGB", (12, 8), (10 * i,) * 3).save(folder / f"{i:02d}.png")
    walks = []
    find = image_folders.find
    monkeypatch.setattr(image_folders, "find", lambda path: walks.append(path) or find(path))
    data = image_synthesis.ImageData.of(str(folder), 8, tmp_path / "data")
    for start in ((0, 0), (1, 1)):
        batch = next(data.batches(3, turns=2, start=start).as_numpy_iterator())
        assert batch.shape == (6, 8, 8, 3)
    assert len(data.images("train")) == 18 and len(data.images("held_out")) == 2
    assert walks == [folder]
    Image.new("RGB", (12, 8)).save(folder / "new.png")
    later = image_synthesis.ImageData.of(str(folder), 8, tmp_path / "data")
    assert later.info.splits["all"] == 21 and len(walks) == 2
    np.testing.assert_array_equal(data.images("train").shape, (18, 8, 8, 3))
