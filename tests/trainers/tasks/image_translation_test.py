"""Which files of two folders are pairs."""

import numpy as np
import pytest
from PIL import Image

from trainers.tasks import image_translation


def write(folder, levels):
    folder.mkdir()
    for name, level in levels.items():
        Image.new("L", (8, 8), level).save(folder / name)


def test_a_photograph_and_a_drawing_of_one_name_are_a_pair(tmp_path):
    names = [f"{i:02d}" for i in range(30)]
    write(tmp_path / "a", {f"{name}.jpg": 5 * i for i, name in enumerate(names)})
    write(tmp_path / "b", {f"{name}.png": 5 * i for i, name in enumerate(names)})
    data = image_translation.TranslationData.of_folders(tmp_path / "a", tmp_path / "b", paired=True)
    assert len(data.x) + len(data.test_x) == 30
    for x, y in ((data.x, data.y), (data.test_x, data.test_y)):
        np.testing.assert_allclose(x, y, atol=0.03)  # what JPEG loses


def test_a_full_name_goes_before_a_name_without_its_suffix():
    found = image_translation.pairs(["a.jpg", "a.png"], ["a.png", "a.webp"])
    assert found == {"a.png": "a.png", "a.jpg": "a.webp"}


def test_a_file_with_two_candidates_is_refused():
    with pytest.raises(ValueError, match="`target` should have one .*: a.jpg, a.png, a.webp"):
        image_translation.pairs(["a.jpg"], ["a.png", "a.webp"])
