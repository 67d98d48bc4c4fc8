"""Two virtual CPUs, so that tests can play on two replicas; the same numbers in every run; and an
order in which tests that share a model run one after another, before it is freed.
"""

import gc
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
if "PYTEST_XDIST_WORKER" in os.environ:  # several processes share the cores already
    for pool in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.setdefault(pool, "1")

import keras
import pytest
import tensorflow as tf
from tensorflow.python.framework import ops

from tests.groups import group

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)


@pytest.fixture(autouse=True)
def seeded():
    keras.utils.set_random_seed(0)


@pytest.fixture(scope="session")  # a second strategy would begin with the first one's keys again
def two_replicas():
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items):
    yield
    first = {}
    for item in items:
        first.setdefault(group(item.nodeid), len(first))
    items.sort(key=lambda item: first[group(item.nodeid)])


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist, whose own --dist=loadgroup does nothing
def pytest_xdist_make_scheduler(config, log):  # under pytest 9.2 (pytest-xdist issue 1386)
    from xdist.scheduler import LoadScopeScheduling

    class LoadGroups(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return group(nodeid)

    return LoadGroups(config, log)


def pytest_collection_finish():
    """Modules, and all of TensorFlow, live on: the collector need not look at them again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item, nextitem):
    result = yield
    if nextitem is None or group(nextitem.nodeid) != group(item.nodeid):
        free()
    return result


def free():
    """Frees models and graphs that no test holds.

    TensorFlow keeps the gradient of every traced `custom_gradient`, and with it the graph that it
    was traced in, for as long as the process lives: 8 MB for each `fit`.
    """
    keras.backend.clear_session()
    gradients = ops.gradient_registry._registry
    for name in [name for name in gradients if name.startswith("CustomGradient-")]:
        del gradients[name]
    gc.collect()
