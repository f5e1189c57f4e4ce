# `make` alone lists what there is to do. Everything runs in .venv, which is made when it is needed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed
TESTERS ?= $(shell $(PYTHON) -c 'import os; print(2 * (os.cpu_count() or 1))')  # many tests wait for processes

.DEFAULT_GOAL := help
.PHONY: help venv demo test lint types format bench figures terminal clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv: $(READY) ## the virtual environment with profitsync and its development tools

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(READY) ## a simulated merchant, synced and shown as a table; changes nothing of yours
	$(BIN)/profitsync demo

test: lint types ## lint, types and all tests
	$(BIN)/python -m pytest -n $(TESTERS)

lint: $(READY) ## style and common mistakes
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY) ## static types
	$(BIN)/mypy

format: $(READY) ## put the code into the common format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY) ## measure throughput and memory
	$(BIN)/python -m benchmarks

figures: $(READY) ## measure, and write the tables of docs/performance.md anew
	$(BIN)/python -m benchmarks | $(BIN)/python -m benchmarks.figures docs/performance.md

terminal: $(READY) ## write docs/terminal.md anew: what the commands show
	$(BIN)/python -m tools.capture

clean: ## remove the environment and all caches; data, logs and .env stay
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
