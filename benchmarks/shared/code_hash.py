"""Hash of the code that measured a row, and a proof that a change has only renamed the code.

A row stores the hash of its module and of its family's module, so that figures by other code are
found. Text without an effect on figures does not count: comments, docstrings, imports, layout, the
messages of errors, `ABLATIONS`, and the functions of a row that only display results. The hash is
the same under every Python from 3.11 on: it reads the syntax tree, and neither `ast.unparse` nor
`ast.dump`, whose output differs between versions.
"""

import ast
import hashlib

# Functions and constants of a row that change no figure. The last of each is an older name.
DISPLAY = ("picture", "presets", "notes_table", "stated")
NOTES = ("ABLATIONS", "TRIED")
NAMES = ("identifier", "attribute", "string")  # kinds of tokens that may be renamed
# Fields that depend on the Python version, or follow from the other fields.
IGNORED = ("ctx", "kind", "type_comment", "type_ignores", "type_params")


def hash_of(texts):
    """Returns the hash of Python sources, 16 hexadecimal digits.

    Example:
        >>> hash_of(["x = 1  # one"]) == hash_of(["import os\\n\\nx = (1)"])
        True
        >>> hash_of(["x = 1"]) == hash_of(["x = 2"])
        False
    """
    found = "\n".join(ascii(token) for text in texts for token in tokens(text))
    return hashlib.sha256(found.encode()).hexdigest()[:16]


def tokens(text):
    """Returns the syntax tree of a Python source in reading order, as a list of (kind, value).

    Kinds are "open" and "close" of a node, "field" of one, "identifier", "attribute", "string" and
    "constant".
    A source with a syntax error is one token: Python reports the error when the source is run.

    Example:
        >>> tokens("x = 1")[:4]
        [('open', 'Module'), ('field', 'body'), ('open', 'Assign'), ('field', 'targets')]
    """
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return [("constant", text)]
    tree.body = [node for node in tree.body if getattr(node, "name", "") not in DISPLAY]
    return list(_walk(tree))


def _walk(node):
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        node = ast.Raise(node.exc.func)  # the message does not count
    yield "open", type(node).__name__
    for field in node._fields:
        value = getattr(node, field, None)
        if field in IGNORED or value is None or value == []:
            continue
        if isinstance(node, ast.JoinedStr):
            value = _joined(value)
        yield "field", field
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, ast.AST):
                if not _computes_nothing(part):
                    yield from _walk(part)
            elif isinstance(node, ast.Constant):
                yield "string" if isinstance(part, str) else "constant", part
            elif isinstance(part, str):
                yield "attribute" if field == "attr" else "identifier", part
            else:
                yield "constant", part
    yield "close", type(node).__name__


def _joined(parts):
    """Returns the parts of an f-string with constants joined: Python 3.12 splits them otherwise."""
    found = []
    for part in parts:
        if not isinstance(part, ast.Constant):
            found.append(part)
        elif found and isinstance(found[-1], ast.Constant):
            found[-1] = ast.Constant(found[-1].value + part.value)
        elif part.value:
            found.append(part)
    return found


def _computes_nothing(node):
    if isinstance(node, ast.Assign):
        return [getattr(target, "id", None) for target in node.targets] in [[n] for n in NOTES]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return True
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def difference(before, after, renamed=()):
    """Returns why a change of a Python source is more than a renaming; None where it is a renaming.

    The trees have to be equal except for declared names: as identifiers, and as strings that are
    nothing but the name (keys of a dict). Two names that were different have to stay so, else a
    renaming could turn `a - b` into `b - b`: names and strings within a function, attributes within
    a top-level definition.

    Args:
        before, after: the sources.
        renamed: pairs (old name, new name).

    Example:
        >>> difference("def f(a): return a", "def g(b): return b", {("f", "g"), ("a", "b")})
        >>> difference("x = mean(y)", "x = sum(y)")
        "'mean' became 'sum', which is not declared"
        >>> difference("def f(a, b): return a - b", "def f(b, b_): return b - b", {("a", "b")})
        "'b' became 'b_', which is not declared"
    """
    old, new = tokens(before), tokens(after)
    renamed, attributes, scopes, depth = set(renamed), {}, [{}], 0
    for (kind, was), (other, now) in zip(old, new, strict=False):
        if kind != other or (was != now and kind not in NAMES):
            return f"{was!r} became {now!r}"
        depth += {"open": 1, "close": -1}.get(kind, 0)
        if depth == 1:  # between two top-level definitions
            attributes, scopes = {}, [{}]
        elif was == "FunctionDef":
            scopes = [*scopes, dict(scopes[-1])] if kind == "open" else scopes[:-1]
        if kind in NAMES:
            if was != now and (was, now) not in renamed:
                return f"{was!r} became {now!r}, which is not declared"
            names = attributes if kind == "attribute" else scopes[-1]
            if names.setdefault((kind, now), was) != was:
                return f"{names[kind, now]!r} and {was!r} both became {now!r}"
    if len(old) != len(new):
        return "one of them goes on where the other ends"
    return None
