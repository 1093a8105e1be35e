# Everything runs in the project's own .venv; nothing is installed elsewhere.
.DEFAULT_GOAL := help
.PHONY: help setup demo up check format test test-services proof bench bench-serve lock

# The first Python that runs and is new enough; a shim of an absent version does not count.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
UV_VERSION := 0.13.8
BIN := .venv/bin
# No prompt, no telemetry, and compiled bytecode: Prefect alone imports three times faster with it.
unexport PYTHONDONTWRITEBYTECODE
export DO_NOT_TRACK := 1
export PREFECT_SERVER_ANALYTICS_ENABLED := false

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

setup: .venv/.ready ## Build .venv from requirements.lock (quick when nothing changed)

.venv/.ready: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Headgate needs Python 3.11 or newer: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --compile-bytecode -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

demo: setup ## See the whole loop on real data, in under 4 minutes (KEEP=1 leaves it running)
	@$(BIN)/headgate demo $(if $(KEEP),--keep)

up: setup ## Run Prefect, a worker and the API in this terminal
	@$(BIN)/headgate up

check: setup ## Lint, format check, types, import rules
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## Write what the format check asks for
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

test: setup ## Run the tests; needs nothing but Python
	$(BIN)/python -m pytest -n 2 --dist loadfile --durations=10

test-services: setup ## Run the tests against a real S3 server and PostgreSQL (Debian packages)
	$(BIN)/python -m tests.services.packages
	$(BIN)/python -m pytest -m services tests/services --durations=5

proof: setup ## Run the slow proofs with real faults (also needs what test-services needs)
	$(BIN)/python -m tests.services.packages
	$(BIN)/python -m pytest -m proof tests/proof --timeout 1800 -s

bench: bench-serve ## Run every benchmark

bench-serve: setup ## Measure serving beside its peers (needs wrk; about 30 minutes)
	$(BIN)/python bench/peers/setup.py
	$(BIN)/python -m bench.serving
	$(BIN)/python -m bench.table

lock: setup ## Write requirements.lock anew from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --quiet --custom-compile-command 'make lock' -o requirements.lock
