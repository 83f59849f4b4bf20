# Each target sets up what it needs in $(VENV) and nowhere else. Needs Python 3.11 to 3.13 and make.
#   make demo          install the clinic, fill it with simulated people, serve it on this machine
#   make demo-science  install the runtime, simulate, validate, write one report
#   make test    install everything that is locked, then every check
# Choose an interpreter with PYTHON=python3.12, another environment with VENV=path.

SHELL := /bin/sh
VENV ?= .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input
OUT ?= out/demo
CLINIC ?= out/clinic
PORT ?= 8000
# Two test processes share the cores; numerical libraries must not start more threads in each.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Two installations into one environment at the same time would spoil it.
.NOTPARALLEL:
.PHONY: help demo demo-science test lint types layers docs pytest study bench format lock clean

help:
	@echo "make demo      make a clinic of simulated people, one session going on, and serve it on this machine"
	@echo "make demo-science  simulate six infusions in 1,000 virtual adults, validate the models, write a report"
	@echo "make test      every check: style, types, layers, documents, tests"
	@echo "make study     the long comparisons (minutes to hours)"
	@echo "make bench     speed of the engine beside other solvers, and of the record"
	@echo "make docs      build the documents into site/; a broken link is a failure"
	@echo "make format    format the sources"
	@echo "make lock      resolve the locked versions in requirements/ anew"
	@echo "make clean     remove what was built; clean-all removes $(VENV) too"

# --- set-up ---------------------------------------------------------------------------------------------------

$(VENV)/.created:
	@python=''; \
	for candidate in $(if $(PYTHON),"$(PYTHON)",python3 python3.13 python3.12 python3.11 python); do \
	    if "$$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; \
	    then python="$$candidate"; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	    echo "Ataraxy needs Python 3.11, 3.12 or 3.13; found $$($(or $(PYTHON),python3) --version 2>&1)." \
	         "Install one, or name it: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; \
	    exit 1; \
	fi; \
	if [ ! -x $(BIN)/python ] || ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	    echo "Creating $(VENV) with $$("$$python" --version)"; \
	    "$$python" -m venv $(VENV) || { \
	        echo "The venv module of $$python does not work. On Debian and Ubuntu: apt-get install python3-venv" >&2; \
	        rm -rf $(VENV); exit 1; }; \
	fi
	@touch $@

# The runtime lock holds the build backend too, so that nothing unpinned is downloaded for the package itself.
$(VENV)/.run: requirements/run.txt $(VENV)/.created
	@echo "Installing the locked runtime into $(VENV)"
	@$(PIP_INSTALL) --require-hashes -r requirements/run.txt
	@touch $@

# Each larger lock holds the smaller one unchanged, so it satisfies both.
$(VENV)/.clinic: requirements/clinic.txt requirements/run.txt $(VENV)/.created
	@echo "Installing the locked clinic into $(VENV)"
	@$(PIP_INSTALL) --require-hashes -r requirements/clinic.txt
	@touch $(VENV)/.run $@

$(VENV)/.dev: requirements/dev.txt requirements/clinic.txt requirements/run.txt $(VENV)/.created
	@echo "Installing the locked development environment into $(VENV)"
	@$(PIP_INSTALL) --require-hashes -r requirements/dev.txt
	@touch $(VENV)/.run $(VENV)/.clinic $@

$(VENV)/.package: pyproject.toml $(VENV)/.run
	@$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

# --- what it does ---------------------------------------------------------------------------------------------

demo: $(VENV)/.clinic $(VENV)/.package
	@$(BIN)/ataraxy clinic demo $(CLINIC) --port $(PORT)

demo-science: $(VENV)/.package
	@$(BIN)/ataraxy demo --out $(OUT)

# --- checks ---------------------------------------------------------------------------------------------------

# One after the other, the cheapest first, so that pytest's summary is the last thing on the screen.
test: $(VENV)/.dev $(VENV)/.package
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory layers
	@$(MAKE) --no-print-directory docs
	@$(MAKE) --no-print-directory types
	@$(MAKE) --no-print-directory pytest

lint: $(VENV)/.dev $(VENV)/.package
	$(BIN)/ruff check
	$(BIN)/ruff format --check

layers: $(VENV)/.dev $(VENV)/.package
	$(BIN)/lint-imports

types: $(VENV)/.dev $(VENV)/.package
	$(BIN)/mypy

# Without --quiet: mkdocs counts only the warnings that it prints, and --strict needs them counted.
docs: $(VENV)/.dev
	$(BIN)/mkdocs build --strict

pytest: $(VENV)/.dev $(VENV)/.package
	$(ONE_THREAD) $(BIN)/python -m pytest -m "not study" -n 2 --durations=15

study: $(VENV)/.dev $(VENV)/.package
	$(ONE_THREAD) $(BIN)/python -m pytest -m study
	@for script in studies/*.py; do \
	    [ -e "$$script" ] || continue; \
	    echo "$$script"; $(BIN)/python "$$script" || exit 1; \
	done

bench: $(VENV)/.dev $(VENV)/.package
	$(BIN)/python bench/run.py --date "$$(date -u +%F)"
	$(BIN)/python bench/record.py --date "$$(date -u +%F)"
	$(BIN)/python bench/clinic_load.py --date "$$(date -u +%F)"
	$(BIN)/python bench/virtual_clinic.py --date "$$(date -u +%F)"

# --- upkeep ---------------------------------------------------------------------------------------------------

format: $(VENV)/.dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# One version of each package for all supported Pythons, so that numbers do not depend on the interpreter.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --upgrade \
	--generate-hashes --no-header --no-emit-index-url --no-emit-find-links

lock: $(VENV)/.dev
	$(COMPILE) pyproject.toml requirements/build.in --output-file requirements/run.txt
	$(COMPILE) --extra clinic --constraints requirements/run.txt pyproject.toml requirements/build.in \
	    --output-file requirements/clinic.txt
	$(COMPILE) --all-extras --constraints requirements/clinic.txt --constraints requirements/run.txt pyproject.toml requirements/build.in \
	    --output-file requirements/dev.txt

clean:
	rm -rf build dist site out .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

.PHONY: clean-all
clean-all: clean
	rm -rf $(VENV)
