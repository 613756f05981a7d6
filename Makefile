# Each target sets up its own .venv; PYTHON chooses the interpreter it is made from.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test test-page test-notebooks test-jax test-slow lint docs notebooks bench bench-search bench-eval clean

# One stamp an extra: installed again only when setup.cfg changes.
$(VENV)/stamp-%: setup.cfg pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$*]'
	touch $@

# The three commands of the README, and a search, in a folder of its own.
demo: $(VENV)/stamp-test
	rm -rf demo && mkdir demo
	cd demo && ../$(BIN)/aehash train --bits 128
	cd demo && ../$(BIN)/aehash extract
	cd demo && ../$(BIN)/aehash evaluate --radius 2
	cd demo && ../$(BIN)/aehash search all/72
	@echo "Pictures: demo/search.png and under demo/runs/"

# Every table and figure of the papers beside small nets' numbers: reproduction/fast/report.md.
# AEHASH_DATA names the folder of data that cannot be fetched; see aehash reproduce --list.
reproduce-fast: $(VENV)/stamp-test
	$(BIN)/aehash reproduce --all --fast --out reproduction

test: $(VENV)/stamp-test
	$(BIN)/python -m pytest -m "not slow"

# The page in a real browser: needs Debian's chromium, or AEHASH_CHROMIUM.
test-page: $(VENV)/stamp-test $(VENV)/stamp-browser
	$(BIN)/python -m pytest -m browser

# Every notebook as it is kept, from top to bottom; what comes out is not kept.
test-notebooks: $(VENV)/stamp-test $(VENV)/stamp-notebooks
	rm -rf build/notebooks && mkdir -p build/notebooks
	TMPDIR=$(CURDIR)/build/notebooks TF_CPP_MIN_LOG_LEVEL=3 \
		$(BIN)/python -m pytest --nbmake --nbmake-timeout=600 --durations=0 notebooks

test-slow: $(VENV)/stamp-test
	$(BIN)/python -m pytest

test-jax: $(VENV)/stamp-jax $(VENV)/stamp-test
	KERAS_BACKEND=jax $(BIN)/python -m pytest tests/models tests/test_losses.py tests/test_code_losses.py \
		tests/test_descriptors.py tests/siamese/test_metric_losses.py \
		tests/siamese/test_tuple_gradients.py tests/siamese/test_step.py

lint: $(VENV)/stamp-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	rm -rf build && $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --target build/types .
	cd build && MYPYPATH=types $(CURDIR)/$(BIN)/mypy --config-file ../setup.cfg -p aehash

# The site in build/docs, from what is here alone; then every link of it is followed.
docs: $(VENV)/stamp-docs
	rm -rf build/docs build/doctrees
	$(BIN)/python -m sphinx -q -W --keep-going -c docs -d build/doctrees . build/docs
	$(BIN)/python docs/links.py build/docs

# Runs each notebook's source and keeps what came out beside it.
notebooks: $(VENV)/stamp-notebooks
	$(BIN)/python notebooks/make.py

bench: $(VENV)/stamp-test $(VENV)/stamp-peers
	$(BIN)/python -m benchmarks

bench-search: $(VENV)/stamp-test $(VENV)/stamp-peers
	$(BIN)/python -m benchmarks --only search

bench-eval: $(VENV)/stamp-test $(VENV)/stamp-peers
	$(BIN)/python -m benchmarks --only eval

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
