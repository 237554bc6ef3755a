# stevedore.docker: what can be done in this clone. `make` lists it.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo test unit integration scenario sanity lint format docs bench engine clean

export PATH := $(CURDIR)/.cache/venv/bin:$(PATH)
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.cache/collections

# Handed on to pytest, Molecule, ansible-test or the linters: make unit ARGS="-k codec"
ARGS ?=

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-22s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## see the whole way of a container, twice, on this machine
	@scripts/with-engine scripts/demo

test: ## everything: linters, sanity, unit and integration tests, all scenarios
	@scripts/packages
	@scripts/with-engine scripts/test $(ARGS)

unit: ## the tests that need no engine (seconds)
	@scripts/venv
	@pytest tests/unit $(ARGS)

integration: ## the tests on a real engine, without the Molecule scenarios
	@scripts/packages
	@scripts/with-engine pytest tests/integration -m "not molecule" $(ARGS)

scenario: ## one Molecule scenario, NAME=container_diff, or all of them
	@scripts/packages
	@scripts/with-engine molecule test $(if $(NAME),--scenario-name $(NAME),--all) $(ARGS)

sanity: ## ansible-test sanity, without an ignore file
	@scripts/sanity $(ARGS)

lint: ## yamllint, ruff, mypy, shellcheck, the changelog, ansible-lint
	@scripts/lint $(ARGS)

format: ## format the code and sort its imports
	@scripts/venv
	@ruff check --quiet --fix . && ruff format --quiet .

docs: ## check the documentation and build it as a site (a warning fails)
	@scripts/docs

bench: ## figures beside the docker CLI and other tools (nothing is asserted)
	@scripts/with-engine scripts/bench $(ARGS)

engine: ## start a private engine with the base images, if none answers, and leave it up
	@scripts/venv
	@scripts/engine up
	@scripts/images
	@scripts/engine status

clean: ## stop the engines of this clone and remove all that was made here (.cache)
	@scripts/host clean
	@scripts/engine down
	@rm -rf .cache 2>/dev/null || sudo rm -rf .cache
