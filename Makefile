# make run     sets everything up and starts Guanxi
# make test    sets everything up and runs all checks
# Further: lint types fix bench look docs wheel lock web clean

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
WEB := $(shell find web -path web/node_modules -prune -o -type f -print 2>/dev/null)
ARGS ?=

.PHONY: help setup dev web run test lint types fix pytest webtest bench look docs wheel lock clean

help:
	@sed -n 's/^# //p' Makefile

# The stamps make a second run start at once. Each is newer than what it was made from.

.stamps/venv: requirements.lock requirements-build.lock pyproject.toml
	@mkdir -p .stamps
	@echo "Setting up the Python environment in .venv ..."
	@test -x $(BIN)/python || "$$(scripts/python)" -m venv .venv
	@$(PIP) -r requirements.lock -r requirements-build.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.stamps/dev: .stamps/venv requirements-dev.lock
	@echo "Setting up the tools for development ..."
	@$(PIP) -r requirements-dev.lock
	@touch $@

.stamps/node: .stamps/venv web/package-lock.json
	@echo "Setting up the page's parts ..."
	@cd web && ../scripts/npm ci --no-audit --no-fund --no-update-notifier --loglevel=error
	@touch $@

.stamps/web: .stamps/node $(WEB)
	@echo "Building the page ..."
	@cd web && ../scripts/npm exec -- vite build --logLevel warn
	@touch $@

setup: .stamps/venv .stamps/web

dev: setup .stamps/dev

web: .stamps/web

run: setup
	@exec $(BIN)/guanxi serve $(ARGS)

# Two at a time, as far as they do not wait for each other; pytest has two workers itself.
test:
	@$(MAKE) --jobs=2 dev
	@$(MAKE) --jobs=2 lint types webtest
	@$(MAKE) pytest

lint: .stamps/dev .stamps/node
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	cd web && ../scripts/npm run --silent lint

types: .stamps/dev .stamps/node
	$(BIN)/pyright
	cd web && ../scripts/npm run --silent types

fix: .stamps/dev .stamps/node
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	cd web && ../scripts/npm run --silent fix

webtest: .stamps/node
	cd web && ../scripts/npm run --silent test

pytest: dev
	@# A browser on a busy machine can miss a moment: what failed is tried once more, alone.
	$(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder $(ARGS) || $(BIN)/pytest --last-failed --last-failed-no-failures none

bench: dev
	$(BIN)/python -m bench $(ARGS)

look: dev
	$(BIN)/python scripts/look.py $(ARGS)

docs: dev
	$(BIN)/python scripts/docs.py $(ARGS)

wheel: setup
	rm -rf dist
	$(BIN)/python -m hatchling build --target wheel
	@ls -l dist

# Pinned with hashes, for every platform and Python, naming no place to download from.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-annotate --custom-compile-command 'make lock' pyproject.toml

lock:
	@test -x $(BIN)/uv || { test -x $(BIN)/python || "$$(scripts/python)" -m venv .venv; $(BIN)/python -m pip install --quiet uv; }
	$(COMPILE) $(ARGS) --output-file requirements.lock
	$(COMPILE) $(ARGS) --constraint requirements.lock --group dev --group build --group node --output-file requirements-dev.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --no-annotate --custom-compile-command 'make lock' --constraint requirements-dev.lock --group build --output-file requirements-build.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --no-annotate --custom-compile-command 'make lock' --constraint requirements-dev.lock --group node --output-file requirements-node.lock

clean:
	rm -rf .stamps .venv dist web/node_modules src/guanxi/web_dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
