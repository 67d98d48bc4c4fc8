#!/bin/bash
# Checks the BUILD files with a real Bazel and no network, in a copy of the tree: every target loads,
# and one test runs. What Bazel would download is replaced by what comes with it.
#
#     apt install bazel-bootstrap && make bazel
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v bazel >/dev/null; then
  echo "There is no \`bazel\` here; on Debian: apt install bazel-bootstrap" >&2
  exit 1
fi
export PATH="$PWD/.venv/bin:$PATH"  # the Python that tests run with
work=$(mktemp -d)
trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT

mkdir "$work/tree"
tar -c --exclude=__pycache__ BUILD pyproject.toml zoo trainers applications benchmarks tests |
  tar -x -C "$work/tree"

# A stub re-exports the rules that Bazel 4 has built in.
options=()
stub() { # stub python py_library py_test: @rules_python//python:defs.bzl with those two
  local folder="$work/rules_$1/$1" rule
  mkdir -p "$folder"
  touch "$folder/../WORKSPACE" "$folder/../BUILD" "$folder/BUILD"
  for rule in "${@:2}"; do echo "$rule = native.$rule"; done >"$folder/defs.bzl"
  options+=("--override_repository=rules_$1=$work/rules_$1")
}
stub python py_binary py_library py_test
stub cc cc_binary cc_import cc_library cc_test cc_toolchain cc_toolchain_suite
stub java java_binary java_import java_library java_lite_proto_library java_package_configuration \
  java_plugin java_proto_library java_runtime java_test java_toolchain
stub proto proto_lang_toolchain proto_library
mkdir "$work/coverage"
touch "$work/tree/WORKSPACE" "$work/coverage/WORKSPACE"
echo 'filegroup(name = "coverage_report_generator", visibility = ["//visibility:public"])' \
  >"$work/coverage/BUILD"
options+=("--override_repository=remote_coverage_tools=$work/coverage")

bazel() {
  (cd "$work/tree" && command bazel --batch --output_user_root="$work/root" "$1" "${options[@]}" \
    --color=no --noshow_progress "${@:2}")
}
bazel query --output=label_kind //...
bazel build --nobuild //...  # every dependency exists and may be seen
bazel test --test_env=PATH --test_output=errors --ui_event_filters=-info \
  //tests/trainers/metrics:arrays_test
