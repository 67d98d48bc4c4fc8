"""Tests; the folders mirror the library's."""
