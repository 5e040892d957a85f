# Needs make and Python 3.13. Everything else is installed into .venv and .cache.

PYTHON ?= python3.13
BIN := .venv/bin
INSTALL := -m pip install --quiet --quiet --disable-pip-version-check --no-input --require-hashes
PIP := $(BIN)/python $(INSTALL)
SAM := SAM_CLI_TELEMETRY=0 PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/sam
COMPILE := $(BIN)/uv pip compile --quiet --upgrade --python $(BIN)/python --universal --generate-hashes --no-header --no-annotate
CHECKOV := .cache/checkov
REQUIREMENTS := layers/account_link/requirements.txt $(wildcard requirements/*.txt)

.DEFAULT_GOAL := help
.PHONY: help dev test interleave soak bench check fmt build validate sam-local invoke test-sam-local hostless openapi requirements clean

help: ## Tell what make can do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-15s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

dev: .venv/.dev ## Run the service, a stand-in for TrainingPeaks and the page on http://127.0.0.1:3000
	@exec $(BIN)/python -m local

test: .venv/.test ## Run all tests; ARGS='-k callback' picks some
	@$(BIN)/python -m tests.dynamodb_local
	@$(BIN)/python -m tests.axe
	@$(BIN)/python -m pytest $(ARGS)

interleave: .venv/.test ## Explore the orders of calls, crashes and lost answers; ARGS=--quick for a part
	@$(BIN)/python -m tests.dynamodb_local
	@$(BIN)/python -m tests.interleave --jobs=2 $(ARGS)
	@$(BIN)/python -m tests.interleave.mutants

soak: .venv/.test ## Live 10,000 lives of links under faults; ARGS='--lives=100' for fewer
	@$(BIN)/python -m tests.dynamodb_local
	@$(BIN)/python -m tests.soak $(ARGS)

bench: .venv/.test ## Measure start, requests, memory and size of what is deployed, as ratios
	@$(BIN)/python -m tests.dynamodb_local
	@$(BIN)/python -m bench $(ARGS)

check: .venv/.test hostless ## Check format, lint, types, template and requirements; changes nothing
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy --no-error-summary
	@$(MAKE) --no-print-directory validate

fmt: .venv/.test ## Format the code and mend what the linter can mend
	$(BIN)/ruff check --quiet --fix .
	$(BIN)/ruff format --quiet .

# Without --skip-download checkov asks its maker's servers for descriptions of what it finds.
validate: .venv/.dev .cache/checkov/.installed ## Lint template.yaml and look for what is unsafe in it
	$(SAM) validate --lint
	$(CHECKOV)/bin/checkov --file template.yaml --framework cloudformation --skip-download --quiet --compact

# Parameters do not show in the code, and Lambda publishes a version only where that changes: so their checksum goes into the layer.
build: .venv/.dev ## Build what `sam deploy` deploys, into .aws-sam; ARGS='--config-env production'
	@{ cat samconfig.toml; echo '$(RELEASE)'; } | $(BIN)/python -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())' \
	  > layers/account_link/account_link/release.txt
	$(SAM) build $(ARGS)

sam-local: .venv/.dev ## Run what `make dev` runs, the functions in containers (needs Docker)
	@exec $(BIN)/python -m local.sam_local

invoke: .venv/.dev ## Run one function in a container on its event in events/: make invoke FUNCTION=status
	@exec $(BIN)/python -m local.sam_local invoke $(FUNCTION)

test-sam-local: .venv/.test ## Link, toggle and unlink through the containers (needs Docker)
	@$(BIN)/python -m pytest tests/sam_local $(ARGS)

openapi: .venv/.dev ## Write docs/openapi.yaml from the code
	$(BIN)/python -m local.openapi > docs/openapi.yaml.new
	mv docs/openapi.yaml.new docs/openapi.yaml

requirements: .venv/.compile ## Pin the newest versions that requirements/*.in and the layer's allow
	$(COMPILE) --output-file layers/account_link/requirements.txt layers/account_link/requirements.in
	$(COMPILE) --output-file requirements/dev.txt requirements/dev.in
	$(COMPILE) --output-file requirements/test.txt requirements/test.in
	$(COMPILE) --output-file requirements/checkov.txt requirements/checkov.in
	$(COMPILE) --output-file requirements/compile.txt requirements/compile.in

clean: ## Remove everything that make made
	rm -rf .venv .cache .aws-sam .hypothesis .mypy_cache .pytest_cache .ruff_cache

# Where packages come from is the machine's business: a pinned file with a host in it works for one network only.
hostless:
	@! grep -nE '://|^ *-(i|f|-index-url|-extra-index-url|-find-links|-trusted-host)|@ ' $(REQUIREMENTS) \
	  || { echo 'requirement files must not say where packages come from' >&2; exit 1; }

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null \
	  || { echo 'Python 3.13 is needed, and $(PYTHON) is not it. Install it, or say where it is: make PYTHON=/path/to/python3.13' >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

# A stamp is newer than the requirements it was made from, so nothing is installed twice.
.venv/.dev: requirements/dev.txt | .venv/bin/python
	@echo 'Installing what the service needs into .venv; this happens once.' >&2
	@$(PIP) --requirement requirements/dev.txt
	@touch $@

.venv/.test: requirements/test.txt .venv/.dev
	@echo 'Installing what the tests and checks need into .venv; this happens once.' >&2
	@$(PIP) --requirement requirements/test.txt
	@touch $@

# checkov pins an old boto3 and an old packaging, so it lives by itself.
.cache/checkov/.installed: requirements/checkov.txt | .venv/bin/python
	@echo 'Installing checkov into .cache; this happens once.' >&2
	@rm -rf $(CHECKOV)
	@$(BIN)/python -m venv $(CHECKOV)
	@$(CHECKOV)/bin/python $(INSTALL) --requirement requirements/checkov.txt
	@touch $@

.venv/.compile: requirements/compile.txt | .venv/bin/python
	@$(PIP) --requirement requirements/compile.txt
	@touch $@
