# Every task of this repository; CI runs the same ones. `make` alone lists them.
# Needs git, make and Python 3.11 or newer; everything else comes from the hash-pinned locks.

VENV     := .venv
BIN      := $(VENV)/bin
JOBS     ?= 2
ARGS     ?=
SEED     ?= 1
ROUNDS   ?= 5
SHELL    := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory

# The first interpreter that is new enough; PYTHON=... overrules it.
FIND_PYTHON = for python in python3.11 python3.12 python3.13 python3.14 python3; do \
    if "$$python" -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
    then echo "$$python"; exit; fi; done
PYTHON ?= $(shell $(FIND_PYTHON))

PIP  = $(BIN)/python -m pip install --quiet --disable-pip-version-check --root-user-action=ignore
LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-config \
    --no-annotate --no-header --no-emit-index-url --no-emit-find-links $(UPGRADE)

CHECKS := check-format check-lint check-types check-imports check-sizes check-docs

.DEFAULT_GOAL := help
.PHONY: help setup demo test fuzz check $(CHECKS) fmt bench chaos lock docs clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.dev ## make .venv with everything for development (again only when a lock changed)

demo: $(VENV)/.core ## start the server with demo data; options in ARGS='...'
	@$(BIN)/standpipe demo $(ARGS)

test: $(VENV)/.npm ## run all tests; ARGS='-k name' picks some, JOBS=n sets how many at once
	@$(BIN)/python -m pytest -q -n $(JOBS) --dist loadfile \
	  --randomly-seed=$(SEED) --hypothesis-seed=$(SEED) $(ARGS)

fuzz: $(VENV)/.npm ## all tests in other orders, with other examples, until one fails; ROUNDS=n times
	@for round in $$(seq $(ROUNDS)); do seed=$$RANDOM; echo "fuzz: round $$round, SEED=$$seed"; \
	  $(MAKE) test SEED=$$seed; done

check: $(VENV)/.dev ## format, lint, types, layers, sizes, docs: all of them, under a minute
	@$(MAKE) --keep-going $(CHECKS)
	@echo "check: all good"

fmt: $(VENV)/.dev ## format the code and fix what ruff can fix
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format .

bench: $(VENV)/.dev ## measure; options in ARGS='...'
	@$(BIN)/python -m benchmarks.bench $(ARGS)

chaos: $(VENV)/.dev ## the long soak: 400 kills; KILLS=n for another number
	@CHAOS_KILLS=$(or $(KILLS),400) $(BIN)/python -m pytest -q -p no:randomly --timeout 1800 \
	  tests/acceptance/test_chaos.py tests/acceptance/test_hostile.py $(ARGS)

docs: $(VENV)/.dev ## write the generated parts of the documentation again
	@$(BIN)/python tools/docs.py

lock: $(VENV)/.dev ## compile the locks again; UPGRADE=--upgrade takes the newest versions
	@$(LOCK) pyproject.toml -o requirements/core.txt
	@$(LOCK) --group build -c requirements/core.txt -o requirements/build.txt
	@$(LOCK) pyproject.toml --group dev -c requirements/core.txt -c requirements/build.txt -o requirements/dev.txt
	@! grep -nE '://|^-|file:|/' requirements/*.txt

clean: ## remove caches and the environment
	@rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage*
	@find src tests tools benchmarks -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

check-format:
	@$(BIN)/ruff format --quiet --check . || { echo "check: run 'make fmt'"; exit 1; }
check-lint:
	@$(BIN)/ruff check --quiet .
check-types:
	@$(BIN)/mypy --no-error-summary
check-imports:
	@$(BIN)/lint-imports --no-logo > $(VENV)/imports.log || { cat $(VENV)/imports.log; exit 1; }
check-sizes:
	@$(BIN)/python tools/sizes.py
check-docs:
	@if [ -f tools/docs.py ]; then $(BIN)/python tools/docs.py --check; fi

# --- the environment -------------------------------------------------------------------------

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
	  echo "Needs Python 3.11 or newer with the venv module (Debian: apt-get install python3-venv)." \
	       "Or name one: make PYTHON=/path/to/python" >&2; exit 1; fi
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.core: requirements/core.txt requirements/build.txt pyproject.toml | $(BIN)/python
	@echo "setup: installing what the server needs" >&2
	@$(PIP) --require-hashes -r requirements/core.txt -r requirements/build.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.core
	@echo "setup: installing what tests and checks need" >&2
	@$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/.npm: tests/clients/node/package-lock.json $(VENV)/.dev
	@echo "setup: fetching the packages of npm that tests run" >&2
	@$(BIN)/python -m tests.support.node
	@touch $@
