"""Which tests share what takes long to make, so that one process runs them one after another."""

# Their tests share the models of a row of tests/zoo/families.py, the first of their parameters.
BY_ROW = ("every_family_test.py", "every_mode_test.py", "every_size_test.py", "on_replicas_test.py")


def group(nodeid):
    """Of a test: its row where it has one, else its file.

    >>> group("tests/zoo/every_mode_test.py::test_it_trains_under_xla[dcgan]")
    'dcgan'
    >>> group("tests/zoo/dcgan_test.py::test_it_trains[dcgan]")
    'tests/zoo/dcgan_test.py'
    """
    file, _, test = nodeid.partition("::")
    parameters = test.partition("[")[2].removesuffix("]")
    if parameters and file.endswith(BY_ROW):
        return parameters.split("-")[0]
    return file
