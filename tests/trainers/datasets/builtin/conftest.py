"""Each built-in dataset is drawn once for all tests."""

import functools

import pytest

from trainers.datasets import builtin


@pytest.fixture(scope="session")
def read():
    """(name, split, count) -> `Samples`."""

    @functools.cache
    def drawn(name, split, count=None):
        return builtin.find(name).read(split, count)

    return drawn
