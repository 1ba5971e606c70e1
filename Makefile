# One task runner for people and for CI. Needs Python >= 3.11 and make; everything else is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo test test-slow bench speed-gate mutate docs lock format clean

help:
	@echo "make demo       set up, simulate a trial with and without an effect, analyse, write out/demo/report.html"
	@echo "make test       set up and run every check: format, lint, types, arrows, tests, docs"
	@echo "make test-slow  the long simulations"
	@echo "make bench      ratios against other programs, on the same data in one run"
	@echo "make speed-gate  the engine's fits against those of the commit this one started from"
	@echo "make mutate     a seeded sample of 300 mutants a room: can the tests fail?"
	@echo "make docs       build the documentation into site/"
	@echo "make lock       renew the pinned versions in requirements/"
	@echo "make clean      remove .venv, caches and what the other targets wrote"

$(VENV)/.python:
	@command -v $(PYTHON) >/dev/null || { echo "leadin needs Python 3.11 or newer; '$(PYTHON)' was not found. Try: make PYTHON=/path/to/python3"; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "leadin needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version). Try: make PYTHON=python3.12"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.python pyproject.toml requirements/run.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/run.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.test: $(VENV)/.run requirements/test.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/test.txt
	@touch $@

demo: $(VENV)/.run
	$(BIN)/python examples/demo.py out/demo

test: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n auto --dist worksteal

test-slow: $(VENV)/.test
	$(BIN)/python -m pytest -n auto --dist worksteal -m slow

bench: $(VENV)/.test
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 POLARS_MAX_THREADS=1 $(BIN)/python -m benchmarks

speed-gate: $(VENV)/.test
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 POLARS_MAX_THREADS=1 $(BIN)/python -m benchmarks.gate

mutate: $(VENV)/.test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/mutate.txt
	$(BIN)/python -m validation.mutation

docs: $(VENV)/.test
	$(BIN)/mkdocs build --strict

lock: $(VENV)/.test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check pip-tools
	for set in run test mutate; do \
	  $(BIN)/pip-compile --quiet --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
	    --no-header --annotation-style=line --upgrade --output-file requirements/$$set.txt requirements/$$set.in; done

format: $(VENV)/.test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) out site dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
