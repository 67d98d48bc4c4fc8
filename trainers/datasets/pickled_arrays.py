"""A reader of pickles that runs nothing: dicts, lists, numbers, text and arrays of numbers.

A pickle is a program, which may import modules and call what it finds there. CIFAR is published as
pickles. Here the instructions are carried out one by one, and the few globals that a pickled array
names are not imported: what they stand for is built from checked values.
"""

import dataclasses
import pickletools

import numpy as np

IGNORED = ("PROTO", "FRAME")  # instructions without an effect on values
CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
NUMBERS = ("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT")
TEXTS = ("UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8")
BYTES = ("SHORT_BINBYTES", "BINBYTES", "BINBYTES8", "BYTEARRAY8")
BYTES_OF_PYTHON_2 = ("STRING", "SHORT_BINSTRING", "BINSTRING")
COUNTS = {  # instruction -> how many values it takes; None: those since the last mark
    **{"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3, "TUPLE": None},
    **{"EMPTY_LIST": 0, "LIST": None, "EMPTY_DICT": 0, "DICT": None},
    **{"APPEND": 1, "APPENDS": None, "SETITEM": 2, "SETITEMS": None},
    **{"STACK_GLOBAL": 2, "REDUCE": 2, "BUILD": 1},
}
DTYPES = ("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8")


def load(data):
    """Returns the dict of a pickle, whose arrays are `numpy.ndarray` and whose text of Python 2 is
    bytes.

    Args:
        data: the bytes of the file. The dict takes up to a hundred times their memory, where they
            are lists of lists; that of CIFAR the same.

    Raises:
        ValueError: it is cut, or no dict, or holds more than plain values and arrays of numbers.

    Example:
        >>> import pickle
        >>> load(pickle.dumps({"labels": [3, 1], "data": np.eye(2, dtype=np.uint8)}))
        {'labels': [3, 1], 'data': array([[1, 0],
               [0, 1]], dtype=uint8)}
        >>> load(pickle.dumps({"labels": print}))
        Traceback (most recent call last):
        ValueError: it asks for builtins.print
    """
    try:
        found = _Reader(len(data)).run(data)
    except (AttributeError, LookupError, OverflowError, RecursionError, TypeError) as error:
        raise ValueError(f"an instruction does not fit the ones before it: {error}") from None
    if type(found) is not dict:
        raise ValueError("it holds no dict")
    return {key: v.value if isinstance(v, _Array) else v for key, v in found.items()}


class _Reader:
    """Carries out the instructions of a pickle on a stack of values.

    Args:
        size: number of bytes of the file, and of those that may be made of text in it: one text
            could be converted again and again.
    """

    def __init__(self, size):
        self.stack, self.marks, self.memo, self.size, self.left = [], [], {}, size, size
        self.globals = {
            "numpy.core.multiarray _reconstruct": _Array,
            "numpy._core.multiarray _reconstruct": _Array,
            "numpy.core.numeric _frombuffer": _Array.of_buffer,  # protocol 5
            "numpy._core.numeric _frombuffer": _Array.of_buffer,
            "numpy ndarray": None,  # an argument of `_reconstruct`
            "numpy dtype": _Dtype,
            "__builtin__ bytes": lambda: b"",
            "_codecs encode": self.encode,  # the bytes of Python 3 in protocol 2
        }

    def run(self, data):
        for instruction, argument, _ in pickletools.genops(data):
            if instruction.name == "STOP":
                return self.stack.pop()
            self.step(instruction.name, argument)
        raise ValueError("it is cut")

    def step(self, name, argument):
        push = self.stack.append
        values = self.pop(COUNTS[name]) if name in COUNTS else ()
        if name in (*NUMBERS, *TEXTS, *BYTES):
            push(argument)
        elif name in BYTES_OF_PYTHON_2:
            push(argument.encode("latin-1"))
        elif name in CONSTANTS:
            push(CONSTANTS[name])
        elif name == "MARK":
            self.marks.append(len(self.stack))
        elif name.endswith(("TUPLE", "TUPLE1", "TUPLE2", "TUPLE3")):
            push(tuple(values))
        elif name.endswith("LIST"):
            push(values)
        elif name.endswith("DICT"):
            push(_dict(values))
        elif name.startswith("APPEND"):
            _only(list, self.stack[-1]).extend(values)
        elif name.startswith("SETITEM"):
            _only(dict, self.stack[-1]).update(_dict(values))
        elif name.endswith("PUT"):
            if not 0 <= argument < self.size:  # a file has no more; others may share one hash
                raise LookupError(f"value {argument} of the memo")
            self.memo[argument] = self.stack[-1]
        elif name == "MEMOIZE":
            self.memo[len(self.memo)] = self.stack[-1]
        elif name.endswith("GET"):
            push(self.memo[argument])
        elif name.endswith("GLOBAL"):
            name = argument or " ".join(values)
            if name not in self.globals:
                raise ValueError(f"it asks for {name.replace(' ', '.'):.80}")
            push(_Global(name))
        elif name == "REDUCE":
            function, arguments = values
            push(self.globals[_only(_Global, function).name](*_only(tuple, arguments)))
        elif name == "BUILD":
            self.stack[-1].build(*_only(tuple, values[0]))
        elif name not in IGNORED:
            raise ValueError(f"it has an instruction {name}")

    def pop(self, count):
        """Takes values from the stack: `count`, or for None those since the last mark."""
        start = self.marks.pop() if count is None else len(self.stack) - count
        if start < 0:
            raise LookupError("the stack is empty")
        values = self.stack[start:]
        del self.stack[start:]
        return values

    def encode(self, text, encoding):
        self.left -= len(text)
        if self.left < 0 or encoding not in ("latin1", b"latin1"):
            raise ValueError("it encodes text in another way than arrays do")
        return text.encode("latin-1")


@dataclasses.dataclass(frozen=True)
class _Global:
    """A global that the file names, a key of `_Reader.globals`."""

    name: str


class _Array:
    """An array of numbers, `value`, which an instruction builds after the array itself."""

    def __init__(self, *ignored):
        self.value = None

    @classmethod
    def of_buffer(cls, raw, dtype, shape, order):
        array = cls()
        array.build(1, shape, dtype, order == "F", raw)
        return array

    def build(self, version, shape, dtype, fortran, raw):
        flat = np.frombuffer(raw, _only(_Dtype, dtype).value)
        self.value = flat.reshape(_only(tuple, shape), order="F" if fortran else "C")


class _Dtype:
    """A dtype of numbers, `value`, whose byte order an instruction sets after the dtype itself."""

    def __init__(self, name, *ignored):
        name = name.decode("latin-1") if isinstance(name, bytes) else name
        if _only(str, name) not in DTYPES:
            raise ValueError(f"it has an array of {name:.20}, not of numbers")
        self.value = np.dtype(name)

    def build(self, version, order, subdtype, names, fields, *ignored):
        if (subdtype, names, fields) != (None, None, None):
            raise ValueError("it has an array of several fields")
        self.value = self.value.newbyteorder(order.decode() if isinstance(order, bytes) else order)


def _only(kind, value):
    if type(value) is not kind:
        raise TypeError(f"{type(value).__name__} in the place of {kind.__name__}")
    return value


def _dict(values):
    """A dict of keys and values in turn."""
    keys = values[::2]
    if not all(isinstance(key, str | bytes) for key in keys):  # the hash of a tuple of tuples of …
        raise ValueError("it has a dict whose keys are not text")  # may take for ever
    return dict(zip(keys, values[1::2], strict=True))
