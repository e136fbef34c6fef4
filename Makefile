# make run | check | test | …: each sets up the environment it needs, with plain pip, and only when pyproject.toml has
# changed. .venv is what a user has, without torch; .venv-dev has the training and test tools too.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help run doctor check lint test coverage bench

# Words for the program behind the target: make run ARGS="--source clip.mp4"
ARGS ?=
# A Python 3.11 or newer to make the environments with; found if not given.
PYTHON ?=
# How many tests run at a time. Each wants a processor and up to a gigabyte.
JOBS ?= 2

RUN := .venv/bin
DEV := .venv-dev/bin
# A file's tests stay together, because they share what is costly to make; files with slow tests begin first.
PYTEST := $(DEV)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder
# Kept, or each process would rewrite and compile every test anew, which takes a third of the quick tests' time.
unexport PYTHONDONTWRITEBYTECODE
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help:
	@echo 'make run       take pictures with the webcam, or play the demo where there is none; saves to ./pictures'
	@echo 'make doctor    say what works on this machine, and what to do about what does not'
	@echo 'make check     lint and the quick tests, before each commit'
	@echo 'make test      all tests (make test ARGS="-k trigger" for some)'
	@echo 'make lint      ruff, mypy and import-linter'
	@echo 'make coverage  all tests, and which lines and branches they reach'
	@echo 'make bench     measure the latency on this machine'

run: .venv/.ready
	@$(RUN)/livecam run --out pictures $(ARGS)

doctor: .venv/.ready
	@$(RUN)/livecam doctor $(ARGS)

check: lint
	@$(PYTEST) -m "not slow" $(ARGS)

test: .venv-dev/.ready
	@$(PYTEST) $(ARGS)

coverage: .venv-dev/.ready
	@$(PYTEST) --cov --cov-report term:skip-covered --cov-report html $(ARGS)

lint: .venv-dev/.ready
	@$(DEV)/ruff check .
	@$(DEV)/ruff format --check .
	@$(DEV)/mypy
	@$(DEV)/lint-imports

bench: .venv-dev/.ready
	@$(DEV)/python -m benchmarks latency $(ARGS)

.venv/.ready: extras :=
.venv-dev/.ready: extras := [train,photos,archive,dev]
.venv/.ready .venv-dev/.ready: pyproject.toml
	@usable='import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))'; \
	if ! [ -x $(@D)/bin/python ]; then \
		for python in $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11); do \
			if "$$python" -c "$$usable" 2>/dev/null; then break; fi; python=; \
		done; \
		[ -n "$$python" ] || { echo 'make: no Python 3.11 or newer with venv here: install one, or name it with PYTHON=…' >&2; exit 1; }; \
		echo "Setting up $(@D) with $$("$$python" --version); this takes a minute or two"; \
		"$$python" -m venv $(@D); \
	fi
	@$(@D)/bin/python -m pip install -qq --editable '.$(extras)'
	@touch $@
