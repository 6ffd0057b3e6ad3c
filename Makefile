# From a bare Python 3.11 or later and make. `make run` starts everything; `make test` proves it.
SHELL := /bin/sh
.DEFAULT_GOAL := run
.PHONY: run stop test containers check bench checklist mutate chaos faults

VENV ?= .venv
BIN := $(VENV)/bin
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for each in python3.11 python3 python3.12 python3.13; do \
	$$each -c '$(NEW_ENOUGH)' 2>/dev/null && { echo $$each; break; }; done)
UV := $(shell command -v uv 2>/dev/null)
# Twice the cores of a small machine: many tests wait for processes.
JOBS ?= 4
TESTS ?= tests
OPTIONS ?=

run: $(VENV)/.ok
	@exec $(BIN)/python -m tools.devserver run --with-parent

stop: $(VENV)/.ok
	@$(BIN)/python -m tools.devserver stop

test: $(VENV)/.ok-dev
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder -rs $(OPTIONS) $(TESTS)

containers: $(VENV)/.ok-dev
	JOURNEYS=docker $(BIN)/python -m pytest -rs -m "" tests/journeys

check: $(VENV)/.ok-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy owed app tasks worker config tools bench
	$(BIN)/lint-imports
	git ls-files -z --cached --others --exclude-standard -- '*/templates/*.html' | xargs -0 $(BIN)/djade --check --target-version 5.2
	$(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(BIN)/python -m tools.migrations
	set -a && . ./.env.example && $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/python -m config.reference --check

bench: $(VENV)/.ok-dev
	$(BIN)/python -m bench $(OPTIONS)

checklist: $(VENV)/.ok-dev
	$(BIN)/python -m tests.checklist

mutate: $(VENV)/.ok-dev
	$(BIN)/python -m tests.mutation

chaos: $(VENV)/.ok-dev
	$(BIN)/python -W ignore -m tests.chaos $(OPTIONS)

faults: $(VENV)/.ok-dev
	$(BIN)/python -W ignore -m tests.faults $(OPTIONS)

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed, and none is on PATH."; exit 1; }
	$(if $(UV),$(UV) venv --quiet --allow-existing --python "$$(command -v $(PYTHON))" $(VENV),$(PYTHON) -m venv $(VENV))

$(VENV)/.ok: requirements.txt | $(VENV)/bin/python
	$(if $(UV),$(UV) pip install --quiet --python $(BIN)/python,$(BIN)/python -m pip install --quiet --disable-pip-version-check) --require-hashes -r $<
	@touch $@

$(VENV)/.ok-dev: requirements-dev.txt | $(VENV)/bin/python
	$(if $(UV),$(UV) pip install --quiet --python $(BIN)/python,$(BIN)/python -m pip install --quiet --disable-pip-version-check) --require-hashes -r $<
	@touch $@ $(VENV)/.ok
