# Amends. `make up` and `make test` are each all that a fresh machine with Python 3.12 or newer needs.
.DEFAULT_GOAL := help
.PHONY: help up test lint format types bench demo lock clean
SHELL := /bin/sh

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed
# A process of tests for each core; `SPREAD=` runs them in one.
SPREAD := -n auto --dist worksteal
# Compiled code is kept, whatever the shell says: a house and its tests start many processes.
unexport PYTHONDONTWRITEBYTECODE

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: $(READY) ## Run everything on this machine and print where it is; Ctrl-C stops it
	@exec $(BIN)/python dev.py $(ARGS)

test: $(READY) ## Run every test on real parts; COVERAGE=1 lists the lines that none reached
ifdef COVERAGE
	@$(BIN)/python -m coverage erase
	@$(BIN)/python -m coverage run -m pytest $(SPREAD) $(ARGS)
	@$(BIN)/python -m coverage combine --quiet
	@$(BIN)/python -m coverage report
else
	@$(BIN)/python -m pytest $(SPREAD) $(ARGS)
endif

lint: $(READY) ## Check format and lint rules
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

format: $(READY) ## Rewrite files into the house's format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

types: $(READY) ## Check types, strictly
	@$(BIN)/mypy .

bench: $(READY) ## Measure speed and memory and print the figures
	@$(BIN)/python -m bench $(ARGS)

demo: $(READY) ## Take one live case of the running house through its month and print its timeline
	@$(BIN)/python demo.py $(ARGS)

lock: $(READY) ## Resolve the dependencies again into requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --upgrade --quiet --extra sandbox --extra embedded --group dev --universal \
		--generate-hashes --no-emit-index-url --no-header -o requirements.lock

clean: ## Remove .venv and every cache; the data in .amends stays
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage dist build
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Made again only when the lock changes. The stamp comes last, so an installation that was cut short is begun anew.
$(READY): requirements.lock .python-version
	@sh .ci/install $(VENV)
	@touch $@
