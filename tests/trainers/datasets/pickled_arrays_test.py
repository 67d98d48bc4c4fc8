"""Pickles of arrays as all protocols and both Pythons write them, and hostile ones."""

import contextlib
import pickle
import random
import struct

import numpy as np
import pytest

from trainers.datasets import pickled_arrays

PIXELS = np.arange(12, dtype=np.uint8).reshape(3, 4)
VALUES = {
    b"labels": [1, 2, 300, 70_000, -1, 2**70],
    b"names": [b"x\xff", b""],
    "t": (1.5, None, True),
}


def of_python_2(array, labels):
    """The pickle of {"data": array, "labels": labels} as Python 2 writes it in protocol 2."""

    def text(value):
        return b"U" + bytes([len(value)]) + value

    def integers(*values):
        return b"".join(b"K" + bytes([n]) for n in values)

    dtype = b"cnumpy\ndtype\n" + text(b"u1") + integers(0, 1) + b"\x87R"
    dtype += b"(K\x03" + text(b"|") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    empty = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85" + text(b"b")
    raw = b"T" + struct.pack("<i", array.size) + array.tobytes()
    state = b"(K\x01" + integers(*array.shape) + b"\x86" + dtype + b"\x89" + raw + b"tb"
    data = empty + b"\x87R" + state
    return (
        b"\x80\x02}(" + text(b"data") + data + text(b"labels") + b"](" + integers(*labels) + b"eu."
    )


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("dtype", ["uint8", ">i4", "float64", "bool"])
def test_arrays_and_plain_values_of_all_protocols_are_read(protocol, dtype):
    for array in (PIXELS.astype(dtype), PIXELS.astype(dtype).T):
        found = pickled_arrays.load(pickle.dumps({b"data": array} | VALUES, protocol))
        assert found[b"data"].dtype == array.dtype
        np.testing.assert_array_equal(found.pop(b"data"), array)
        assert found == VALUES


def test_arrays_of_python_2_are_read():
    found = pickled_arrays.load(of_python_2(PIXELS, [3, 1]))
    assert found == pickle.loads(of_python_2(PIXELS, [3, 1]), encoding="bytes") | {
        b"data": found[b"data"]
    }
    np.testing.assert_array_equal(found[b"data"], PIXELS)


class Call:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", range(6))
def test_nothing_that_a_pickle_names_is_called(protocol):
    with pytest.raises(ValueError, match="it asks for .*print"):
        pickled_arrays.load(pickle.dumps({"data": Call(print, "harm")}, protocol))


@pytest.mark.parametrize(
    "name", ["numpy.f2py.__main__ dtype", "numpy.ctypeslib ndarray", "os system"]
)
def test_no_module_is_imported(name):
    module, name = name.split()
    with pytest.raises(ValueError, match=f"it asks for {module}.{name}"):
        pickled_arrays.load(f"c{module}\n{name}\n.".encode())


@pytest.mark.parametrize(
    "array",
    [
        np.zeros(2, [("a", "O"), ("b", "u1")]),  # bytes of the file would become pointers
        np.zeros(2, "V8"),
        np.zeros(2, "M8[s]"),
        np.array(["text"]),
        np.array([None]),
    ],
)
@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_arrays_of_anything_but_numbers_are_refused(array, protocol):
    with pytest.raises(ValueError, match="not of numbers|asks for|does not fit"):
        pickled_arrays.load(pickle.dumps({"data": array}, protocol))


def test_a_shape_without_its_bytes_is_refused():
    data = of_python_2(PIXELS, [3]).replace(b"K\x03K\x04\x86", b"K\x03K\x05\x86")
    with pytest.raises(ValueError, match="reshape"):
        pickled_arrays.load(data)


def test_a_dtype_of_lists_within_lists_is_refused_at_once():
    name = "u1"
    for _ in range(60):  # 2⁶⁰ texts, if all were printed
        name = [name, name]
    with pytest.raises(ValueError, match="list in the place of str"):
        pickled_arrays.load(pickle.dumps({"data": Call(np.dtype, name)}))


def test_a_memo_has_no_more_values_than_the_file_has_bytes():
    with pytest.raises(ValueError, match="of the memo"):
        pickled_arrays.load(b"\x80\x02Np2305843009213693951\n.")


def test_a_text_that_is_converted_again_and_again_is_refused():
    once = b"h\x01h\x00h\x02\x86R0"
    data = b"\x80\x02c_codecs\nencode\nq\x01X" + struct.pack("<i", 10**5) + b"a" * 10**5
    data += b"q\x00X\x06\x00\x00\x00latin1q\x02" + once.replace(b"0", b"") * 3 + b"."
    with pytest.raises(ValueError, match="encodes"):
        pickled_arrays.load(data)


@pytest.mark.parametrize(
    "data", [b"", b"\x80", b"text", b".", b"N.", b"](e.", b"a.", b"}(U\x01aK\x00"]
)
def test_damaged_pickles_are_refused(data):
    with pytest.raises(ValueError):
        pickled_arrays.load(data)


def test_whatever_is_changed_the_answer_is_a_dict_or_a_value_error():
    changes = random.Random(0)
    whole = [pickle.dumps({b"data": PIXELS} | VALUES, n) for n in range(6)]
    for _ in range(3_000):
        data = bytearray(changes.choice(whole))
        for _ in range(changes.randint(1, 4)):
            at = changes.randrange(len(data))
            data[at : at + changes.randint(0, 2)] = changes.randbytes(changes.randint(0, 2))
        with contextlib.suppress(ValueError):
            assert isinstance(pickled_arrays.load(bytes(data)), dict)
