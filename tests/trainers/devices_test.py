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
def test_a_missing_gpu_is_reported():
    with pytest.raises(ValueError, match="TensorFlow sees no GPU here"):
        devices.strategy("gpu")


def test_a_missing_tpu_is_reported(monkeypatch):
    def nowhere():
        raise ValueError("Please provide a TPU Name to connect to.")

    monkeypatch.setattr(tf.distribute.cluster_resolver, "TPUClusterResolver", nowhere)
    with pytest.raises(ValueError, match=r"no TPU answers \(Please provide a TPU Name"):
        devices.strategy("tpu")


def test_precision_is_that_of_networks_built_from_now_on(policy):
    devices.set_precision("mixed_bfloat16")
    assert keras.layers.Dense(1).compute_dtype == "bfloat16"


def test_an_unknown_precision_is_refused(policy):
    with pytest.raises(ValueError, match="should be one of float32, mixed_bfloat16, mixed_f"):
        devices.set_precision("float8")


@pytest.mark.parametrize(
    "workers, worker, message",
    [
        (["10.0.0.1:4000", "10.0.0.2"], 0, "`workers` should be different addresses, host:port"),
        (["10.0.0.1:4000"] * 2, 0, "`workers` should be different addresses, host:port"),
        (["10.0.0.1:4000", "10.0.0.2:99999"], 0, "`workers` should be different addresses"),
        (None, 1, "`worker` should be 0 without `workers`"),
        (["10.0.0.1:4000", "10.0.0.2:4000"], 2, "`worker` should be 0 to 1"),
    ],
)
def test_workers_that_are_none_are_refused(workers, worker, message):
    with pytest.raises(ValueError, match=message):
        devices.strategy("cpu", workers, worker)


@pytest.mark.parametrize("text", ["{", "[1]", '{"cluster": 3}'])
def test_an_invalid_environment_is_reported(text, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(ValueError, match="TF_CONFIG should be JSON such as"):
        devices.strategy("cpu")


def test_a_cluster_of_one_needs_no_distribution(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", '{"cluster": {"worker": ["127.0.0.1:4000"]}, "task": {}}')
    assert devices.strategy("cpu").num_replicas_in_sync == 1


def test_workers_name_those_that_they_wait_for(monkeypatch, capsys):
    found = object()
    monkeypatch.setattr(tf.distribute, "MultiWorkerMirroredStrategy", lambda: found)
    monkeypatch.setenv("TF_CONFIG", "{}")
    assert devices.strategy("cpu", ["a:4000", "b:4000", "c:4000"], 1) is found
    assert capsys.readouterr().err == "Waiting until all workers are connected: a:4000, c:4000.\n"


def test_a_single_process_agrees_with_itself():
    devices.check_agreement(devices.strategy("cpu"), {"seed": 0, "dataset": None})


def test_a_single_process_receives_what_it_broadcasts():
    strategy = devices.strategy("cpu")
    assert devices.is_chief(strategy)
    assert devices.broadcast_from_chief(strategy, [3, 4]) == [3, 4]
