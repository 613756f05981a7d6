# Each target sets up its own .venv; PYTHON chooses the interpreter it is made from.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test test-jax test-slow lint bench clean

# One stamp an extra: installed again only when setup.cfg changes.
$(VENV)/stamp-%: setup.cfg pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$*]'
	touch $@

demo: $(VENV)/stamp-test
	$(BIN)/python -m experiments_demo

test: $(VENV)/stamp-test
	$(BIN)/python -m pytest -m "not slow"

test-slow: $(VENV)/stamp-test
	$(BIN)/python -m pytest

test-jax: $(VENV)/stamp-jax $(VENV)/stamp-test
	KERAS_BACKEND=jax $(BIN)/python -m pytest tests/models tests/test_losses.py

lint: $(VENV)/stamp-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	rm -rf build/types && $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --target build/types .
	cd build && MYPYPATH=types $(CURDIR)/$(BIN)/mypy --config-file ../setup.cfg -p aehash

bench: $(VENV)/stamp-test
	$(BIN)/python -m pytest benchmarks

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
