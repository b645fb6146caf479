# The two commands of the README are `make demo` and `make test`. Each needs Python 3.11 or newer and make, nothing
# else: a virtual environment is created in .venv and filled on first use.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
FIND_PYTHON := for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done
PYTHON ?= $(shell $(FIND_PYTHON))
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install --constraint constraints.txt
PACKAGES := circuits verifier prover cli
TESTS ?= tests

.PHONY: demo test coverage lint types format wheel benchmark clean

demo: $(VENV)/installed
	$(BIN)/zkmargin demo

test: $(VENV)/developed
	$(BIN)/python -m pytest --numprocesses 2 --durations 8 --durations-min 5 $(TESTS)

coverage: $(VENV)/developed
	$(BIN)/python -m pytest --numprocesses 2 --cov --cov-report term --cov-report html:build/coverage $(TESTS)

lint: $(VENV)/developed
	$(BIN)/ruff check
	$(BIN)/ruff format --check

format: $(VENV)/developed
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

types: $(VENV)/developed
	$(BIN)/mypy $(PACKAGES:%=-p zkmargin.%)
	$(BIN)/mypy benchmarks

# The tests once more, against an installed wheel instead of the source tree.
WHEEL := build/wheel
wheel: $(VENV)/developed
	rm -rf $(WHEEL)
	$(BIN)/python -m pip --disable-pip-version-check --quiet wheel --no-deps --wheel-dir $(WHEEL) .
	$(BIN)/python -m pip --disable-pip-version-check --quiet install --no-deps --target $(WHEEL)/site $(WHEEL)/*.whl
	PYTHONPATH=$(WHEEL)/site ZKMARGIN_EXPECTED_IN=$(WHEEL)/site $(BIN)/python -m pytest --numprocesses 2 --durations 8 --durations-min 5 $(TESTS)

benchmark: $(VENV)/developed
	$(BIN)/python benchmarks/run.py

# mypy reads no import hooks, so it is shown the packages under their installed names.
VIEW := $(VENV)/view/zkmargin

$(VENV)/created:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with the venv module is needed; set PYTHON=/path/to/python" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	mkdir -p $(VIEW)
	for package in $(PACKAGES); do ln -sfn "$(CURDIR)/$$package" $(VIEW)/$$package; done
	touch $@

$(VENV)/installed: $(VENV)/created pyproject.toml setup.py constraints.txt
	@echo "Installing into $(VENV) (once; a minute or two)" >&2
	$(PIP) --editable .
	touch $@

$(VENV)/developed: $(VENV)/installed
	$(PIP) --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
