"""One folder of prepared datasets for all tests, which is not the user's."""

import pytest


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("data")
