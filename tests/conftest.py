"""Two virtual CPUs, so that tests can play on two replicas; and the same numbers in every run."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import pytest
import tensorflow as tf

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)


@pytest.fixture(autouse=True)
def seeded():
    keras.utils.set_random_seed(0)


@pytest.fixture(scope="session")  # a second strategy would begin with the first one's keys again
def two_replicas():
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
