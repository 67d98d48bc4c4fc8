import keras
import pytest
import tensorflow as tf

from trainers import devices


@pytest.fixture
def policy():
    before = keras.config.dtype_policy()
    yield
    keras.config.set_dtype_policy(before)


@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_one_device_needs_no_distribution(device):
    assert devices.strategy(device).num_replicas_in_sync == 1


def test_an_unknown_device_is_refused():
    with pytest.raises(ValueError, match="should be one of auto, cpu, gpu, tpu. Received: cuda"):
        devices.strategy("cuda")


@pytest.mark.skipif(bool(tf.config.list_physical_devices("GPU")), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_said():
    with pytest.raises(ValueError, match="TensorFlow sees no GPU here"):
        devices.strategy("gpu")


def test_a_tpu_that_is_not_there_is_said(monkeypatch):
    def nowhere():
        raise ValueError("Please provide a TPU Name to connect to.")

    monkeypatch.setattr(tf.distribute.cluster_resolver, "TPUClusterResolver", nowhere)
    with pytest.raises(ValueError, match=r"no TPU answers \(Please provide a TPU Name"):
        devices.strategy("tpu")


def test_precision_is_that_of_networks_built_from_now_on(policy):
    devices.set_precision("mixed_bfloat16")
    assert keras.layers.Dense(1).compute_dtype == "bfloat16"


def test_an_unknown_precision_is_refused(policy):
    with pytest.raises(ValueError, match="should be one of float32, mixed_bfloat16"):
        devices.set_precision("float8")
