# From a bare Python 3.11 or later and make. `make run` starts everything; `make test` proves it.
# Python 3.13 is taken where it is found. Another one: `make test PYTHON=python3.11 VENV=.venv311`.
SHELL := /bin/sh
.DEFAULT_GOAL := run
.PHONY: run stop rebuild test containers check sbom docs bench checklist mutate mutants chaos faults

VENV ?= .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)
PYENV := $${PYENV_ROOT:-$$HOME/.pyenv}/versions
# Each candidate must run and be able to make an environment: a name on PATH may be a shim with nothing behind it.
ABLE := import sys$(if $(UV),,, ensurepip); sys.exit(sys.version_info < (3, 11))
ifndef PYTHON
PYTHON := $(shell for each in python3.13 $(PYENV)/3.13*/bin/python python3.12 python3.11 python3 $(PYENV)/3.1[12]*/bin/python $(BIN)/python; do \
	"$$each" -c '$(ABLE)' 2>/dev/null && { echo "$$each"; break; }; done)
endif
TELL := import sys; print("%d.%d" % sys.version_info[:2])
VERSION := $(shell "$(PYTHON)" -c '$(TELL)' 2>/dev/null)
INSTALL := $(if $(UV),$(UV) pip install --quiet --python $(BIN)/python,$(BIN)/python -m pip install --quiet --disable-pip-version-check)
STOP = if [ -x $(BIN)/python ]; then $(BIN)/python -m tools.devserver stop; else echo "Nothing is running."; fi
# More workers than a small machine has cores: most tests wait for processes. Those that compare times take turns (tests/turns.py).
JOBS ?= 4
TESTS ?= tests owed/tests
OPTIONS ?=

run: $(VENV)/.ok
	@exec $(BIN)/python -m tools.devserver run --with-parent

stop:
	@$(STOP)

rebuild: $(VENV)/.ok
	@$(BIN)/python -m tools.devserver rebuild

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
	$(BIN)/djangofmt --check app
	$(BIN)/djangofmt check app
	$(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(BIN)/python -m tools.migrations
	$(BIN)/python -W ignore::RuntimeWarning -m tools.messages --check
	set -a && . ./.env.example && $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/python -m tools.reference --check
	$(BIN)/deptry .

sbom: $(VENV)/.ok-dev
	@mkdir -p var
	$(BIN)/python -m tools.sbom var/sbom.json
	$(BIN)/python -m tools.sbom --licences var/licences.md

docs: $(VENV)/.ok-dev
	$(BIN)/sphinx-build --fail-on-warning --keep-going --quiet -c docs -d var/doctrees . var/docs
	@echo "The documentation is in var/docs/index.html."

bench: $(VENV)/.ok-dev
	$(BIN)/python -m bench $(OPTIONS)

checklist: $(VENV)/.ok-dev
	$(BIN)/python -m tests.checklist

mutate: $(VENV)/.ok-dev
	$(BIN)/python -m tests.mutation

mutants: $(VENV)/.ok-dev
	$(BIN)/python -m tests.generated_mutants $(OPTIONS)

chaos: $(VENV)/.ok-dev
	$(BIN)/python -W ignore -m tests.chaos $(OPTIONS)

faults: $(VENV)/.ok-dev
	$(BIN)/python -W ignore -m tests.faults $(OPTIONS)

# An environment of another version is replaced, after what runs from it. One that is a link is another checkout's: only the link goes.
$(VENV)/.python-$(VERSION):
	@test -n "$(VERSION)" || { echo "Python 3.11 or later with its venv module is needed (Debian: python3-venv): $(or $(PYTHON:%=% does not run),none was found)."; exit 1; }
	@if [ -f $(VENV)/pyvenv.cfg ] && [ "$$($(BIN)/python -c '$(TELL)' 2>/dev/null)" != $(VERSION) ]; then \
	echo "Making $(VENV) again, with Python $(VERSION)."; { $(STOP); } 2>/dev/null; rm -rf "$(VENV)"; fi
	@test -x $(BIN)/python || $(if $(UV),$(UV) venv --quiet --allow-existing --python "$$(command -v "$(PYTHON)")" $(VENV),"$(PYTHON)" -m venv $(VENV))
	@touch $@

$(VENV)/.ok: requirements.txt $(VENV)/.python-$(VERSION)
	$(INSTALL) --require-hashes -r $<
	@touch $@

$(VENV)/.ok-dev: requirements-dev.txt $(VENV)/.python-$(VERSION)
	$(INSTALL) --require-hashes -r $<
	@touch $@ $(VENV)/.ok
