"""Runs a SavedModel with TensorFlow's C API alone, as a server does: Python's TensorFlow stays out.

    python c_api.py FOLDER INPUTS.npz OUTPUT RESULT.npy

The arrays in INPUTS are called by the graph's names, such as "serving_default_latent:0", and OUTPUT
is one: they stand in the SavedModel's signature.
"""

import ctypes
import importlib.util
import sys
from pathlib import Path

import numpy as np

TYPES = {"float32": 1, "int32": 3, "int64": 9}  # TF_DataType


class Output(ctypes.Structure):
    _fields_ = (("operation", ctypes.c_void_p), ("index", ctypes.c_int))


def library():
    """TensorFlow's shared library, every function of which returns a pointer or nothing."""
    folder = Path(importlib.util.find_spec("tensorflow").submodule_search_locations[0])
    ctypes.CDLL(folder / "libtensorflow_framework.so.2", mode=ctypes.RTLD_GLOBAL)
    tf = ctypes.CDLL(folder / "libtensorflow_cc.so.2", mode=ctypes.RTLD_GLOBAL)
    for name in (
        *("TF_NewStatus", "TF_NewGraph", "TF_NewSessionOptions", "TF_LoadSessionFromSavedModel"),
        *("TF_GraphOperationByName", "TF_AllocateTensor", "TF_TensorData"),
    ):
        getattr(tf, name).restype = ctypes.c_void_p
    tf.TF_Message.restype = ctypes.c_char_p
    tf.TF_TensorByteSize.restype = ctypes.c_size_t
    tf.TF_Dim.restype = ctypes.c_int64
    return tf


def run(folder, inputs, output):
    """The output of the graph for named inputs, as a float32 array."""
    tf = library()
    pointer = ctypes.c_void_p
    status, graph = pointer(tf.TF_NewStatus()), pointer(tf.TF_NewGraph())

    def check():
        assert tf.TF_GetCode(status) == 0, tf.TF_Message(status).decode()

    tags = (ctypes.c_char_p * 1)(b"serve")
    options = pointer(tf.TF_NewSessionOptions())
    session = pointer(
        tf.TF_LoadSessionFromSavedModel(
            options, None, str(folder).encode(), tags, 1, graph, None, status
        )
    )
    check()

    def find(name):
        operation, index = name.split(":")
        found = tf.TF_GraphOperationByName(graph, operation.encode())
        assert found, f"no operation {operation}"
        return Output(found, int(index))

    def tensor(array):
        shape = (ctypes.c_int64 * array.ndim)(*array.shape)
        size = ctypes.c_size_t(array.nbytes)
        allocated = tf.TF_AllocateTensor(TYPES[array.dtype.name], shape, array.ndim, size)
        ctypes.memmove(tf.TF_TensorData(pointer(allocated)), array.tobytes(), array.nbytes)
        return allocated

    names = list(inputs)
    keys = (Output * len(names))(*map(find, names))
    values = (pointer * len(names))(*(tensor(inputs[name]) for name in names))
    wanted, results = (Output * 1)(find(output)), (pointer * 1)()
    tf.TF_SessionRun(
        session, None, keys, values, len(names), wanted, results, 1, None, 0, None, status
    )
    check()
    result = pointer(results[0])
    shape = [tf.TF_Dim(result, i) for i in range(tf.TF_NumDims(result))]
    data = ctypes.string_at(tf.TF_TensorData(result), tf.TF_TensorByteSize(result))
    return np.frombuffer(data, np.float32).reshape(shape)


if __name__ == "__main__":
    folder, inputs, output, result = sys.argv[1:]
    outputs = run(folder, dict(np.load(inputs)), output)
    assert "tensorflow" not in sys.modules
    np.save(result, outputs)
