"""Names that flags and functions share. It imports nothing, so that `--help` answers at once."""

DEVICES = ("auto", "cpu", "gpu", "tpu")  # of `trainers.devices.strategy`
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")  # Keras' dtype policies
