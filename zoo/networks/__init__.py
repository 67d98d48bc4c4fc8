"""Architectures without a loss: functions that return a `keras.Model`."""
