# Works with GNU make 3.81 (macOS) and later. PYTHON=… picks the interpreter that makes .venv.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
  $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
  && echo $$p && break; done)
RUN = .venv/bin/python
TEST = $(RUN) -m pytest --numprocesses=auto --dist=loadscope --no-loadscope-reorder
PRESETS = dcgan srgan gan3d vaegan3d mgan

.DEFAULT_GOAL = help
.PHONY: help demo test test-thorough test-all lint bench presets theory reliability bazel wheel

help:
	@sed -n 's/^## //p' Makefile

## make demo      trains a GAN on real digits and shows what it drew, in runs/demo
demo: .venv/installed
	$(RUN) -m applications.image_synthesis --model=r3gan --dataset=digits --recipe=modern \
	  --steps=20000 --out=runs/demo --export_dir=saved_models --overwrite

## make test      every check on a few models, and on those whose code was changed: some minutes
test: .venv/installed
	$(TEST)

## make test-thorough  the same checks on the other models, and what `make test` leaves out else
test-thorough: .venv/installed
	$(TEST) -m "thorough and not slow"

## make test-all  all tests, with those that take minutes each
test-all: .venv/installed
	$(TEST) -m ""

## make lint      checks style and format
lint: .venv/installed
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .

## make bench     what the engine costs, and what one system reaches
bench: .venv/installed
	$(RUN) -m benchmarks.step_overhead
	$(RUN) -m benchmarks.survey --system=r3gan --seed=0

## make presets   trains and measures the models of saved_models/ again, some hours
presets: .venv/installed
	set -e; for system in $(PRESETS); do \
	  $(RUN) -m benchmarks.survey --system=$$system --seed=0 --preset; done
	$(RUN) -m benchmarks.applications --preset

## make theory    runs the theorems behind GANs and draws them, some minutes
theory: .venv/installed
	$(RUN) -m benchmarks.theory

## make reliability  kills a training 20 times and checks that it ends as if it had been left alone
reliability: .venv/installed
	$(RUN) -m benchmarks.reliability

## make bazel     checks the BUILD files with a real Bazel, offline
bazel: .venv/installed
	tests/bazel.sh

## make wheel     builds the wheel and uses it in a fresh environment, a few minutes
wheel: .venv/installed
	tests/wheel.sh

.venv/installed: requirements.txt pyproject.toml
	@"$(PYTHON)" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null || \
	  { echo "GAN Zoo needs Python 3.11, 3.12 or 3.13; make PYTHON=/path/to/python names one."; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "$(PYTHON) cannot make virtual environments; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Installing into .venv: a few minutes, about 2 GB"
	"$(PYTHON)" -m venv .venv
	$(RUN) -m pip install --disable-pip-version-check --quiet -r requirements.txt -e ".[dev]"
	@touch $@
