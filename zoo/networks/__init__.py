"""Architectures, independent of any loss: functions that return a `keras.Model`."""
