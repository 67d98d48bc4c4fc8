"""Tests under Bazel, which starts a test as a program: pytest_main.py."""

load("@rules_python//python:defs.bzl", "py_library", "py_test")

def pytest_tests(deps = [], manual = []):
    """A py_test per *_test.py of the package, and `support`: its conftests and helpers.

    Args:
        deps: of all of them.
        manual: tests that `bazel test //...` leaves out.
    """
    parent = [] if native.package_name() == "tests" else ["//tests:support"]
    py_library(
        name = "support",
        testonly = True,
        srcs = native.glob(
            ["**/*.py"],
            allow_empty = True,
            exclude = ["**/*_test.py", "pytest_main.py"],
        ),
        visibility = ["//tests:__subpackages__"],
        deps = deps + parent,
    )
    for file in native.glob(["**/*_test.py"], allow_empty = True):
        py_test(
            name = file[:-3],
            srcs = [file, "//tests:pytest_main.py"],
            args = ["$(rootpath %s)" % file],
            data = ["//:pyproject.toml"] + native.glob(["**/*.keras"], allow_empty = True),
            main = "//tests:pytest_main.py",
            tags = ["manual"] if file in manual else [],
            deps = deps + [":support"] + parent,
        )
