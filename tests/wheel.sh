#!/bin/bash
# Builds the wheel into dist/, installs it into a fresh environment, and uses it from an empty folder.
set -euo pipefail
cd "$(dirname "$0")/.."
python="$PWD/.venv/bin/python"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

rm -rf dist build
"$python" -m build --outdir dist .
"$python" -m venv "$work/fresh"
"$work/fresh/bin/python" -m pip install --disable-pip-version-check --quiet \
  --constraint requirements.txt dist/*.whl

mkdir "$work/empty"
cd "$work/empty"
fresh="$work/fresh/bin/python"
export TF_CPP_MIN_LOG_LEVEL=3
"$fresh" -c 'import zoo' # compiles what was installed
"$fresh" - <<'EOF'
import time

start = time.perf_counter()
import tensorflow

between = time.perf_counter()
import zoo

end = time.perf_counter()
print(f"import zoo: {end - start:.1f} s, of which TensorFlow and Keras {between - start:.1f} s")

from trainers import datasets

model = zoo.create("dcgan", scale="small", image_shape=(8, 8, 1))
model.fit(datasets.load("digits", batch_size=64, data_dir="data"), epochs=1, verbose=2)
print(model.generate(4).shape)
EOF
"$fresh" -m applications.image_synthesis --steps=20 --data_dir=data --out=run
"$fresh" -m applications.image_synthesis --out=run --data_dir=data --sample=3 --evaluate
ls run run/drawn/0
