"""Tables of attributes and files of directions that are damaged, or of something else."""

import io

import numpy as np
import pytest

from applications.shared import attribute_directions
from tests.damages import DAMAGES


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


@pytest.mark.parametrize("how", DAMAGES)
def test_damaged_directions_are_named(how, tmp_path):
    (tmp_path / "directions.npz").write_bytes(DAMAGES[how](npz(bold=np.ones(20))))
    with pytest.raises(ValueError, match=r"directions\.npz should be an \.npz of directions\. .*"):
        attribute_directions.parse_moves(["bold:1"], tmp_path)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.ones((2, 2)), r"bold is float64, shape=\(2, 2\)"),
        (np.ones(3, int), "bold is int64"),
        (np.array([1.0, np.nan]), "bold is not finite"),
        (np.array([None]), "Object arrays cannot be loaded"),
    ],
)
def test_arrays_that_are_no_directions_are_named(array, message, tmp_path):
    (tmp_path / "directions.npz").write_bytes(npz(bold=array))
    with pytest.raises(ValueError, match=message):
        attribute_directions.load_directions(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\0",
        "bold\n1\n",
        "file;bold\na.png;1\n",
        "file,bold\na.png,1,2\n",
        "file,bold,bold\na.png,1,2\n",
        'file,"a:b,c"\na.png,1\n',
        "file,bold\na.png," + "1" * 200_000 + "\n",
    ],
)
def test_a_table_that_is_none_is_named(text, tmp_path):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(ValueError, match=r"^--attributes: should .*a\.csv"):
        attribute_directions.load_table(str(tmp_path / "a.csv"))
