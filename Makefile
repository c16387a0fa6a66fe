# Every command works in a fresh clone and installs what it needs into .venv.
SHELL := /bin/sh
.DEFAULT_GOAL := help
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check
STAMP := $(VENV)/.installed
PORT ?= 8000
SANDBOX_PORT ?= 8001
ENGINE ?= moto
export PORT SANDBOX_PORT ENGINE

.PHONY: help
help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z -]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# A python that only pretends to be there (a version manager's shim) fails the test and is passed over.
# An environment that works is kept: clearing it would take it from whoever is running it.
$(STAMP): requirements.txt requirements-dev.txt
	@if ! $(PY) -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	  if [ -L $(VENV) ]; then echo "$(VENV) is a link to an environment that does not work; remove the link" >&2; exit 1; fi; \
	  found=; for p in python3 python3.14 python3.13 python3.12 python3.11 /usr/bin/python3; do \
	    if "$$p" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then found=$$p; break; fi; done; \
	  if [ -z "$$found" ]; then echo "Tautan needs Python 3.11 or newer with venv (on Debian: apt-get install python3-venv)" >&2; exit 1; fi; \
	  echo "Installing into $(VENV) with $$($$found --version)"; \
	  "$$found" -m venv --clear $(VENV); \
	fi
	@# The pip that comes with a Python is years old and takes twice as long; ours is pinned below.
	@$(PIP) "$$(sed -n 's/^\(pip==[0-9.]*\).*/\1/p' requirements-dev.txt)"
	@# Most modules are never imported, and those that are get compiled then.
	@$(PIP) --no-compile -r requirements-dev.txt
	@touch $@

.PHONY: install
install: $(STAMP) ## Install what is needed into .venv

.PHONY: run
run: $(STAMP) ## The main job on this machine: store, WooshPay sandbox and API, until Ctrl-C
	@exec $(PY) -m dev.run

.PHONY: reset
reset: $(STAMP) ## Empty what make run keeps on this machine: all of it, or ENGINE=…
	@$(PY) -m dev.reset

.PHONY: demo
demo: $(STAMP) ## The whole story without a person
	@$(PY) -m dev.demo

.PHONY: sandbox
sandbox: $(STAMP) ## The WooshPay sandbox alone
	@exec $(PY) -m sandbox --port $(SANDBOX_PORT)

BY_FILE := --dist loadfile --no-loadscope-reorder
MEASURED := tests/domain tests/usecases tests/adapters tests/web
UNMEASURED := tests/architecture tests/bench tests/bundle tests/deploy tests/journeys tests/ops tests/contracts tests/sandbox

.PHONY: test
test: $(STAMP) ## Every test, the way CI runs it
	@rm -f .coverage .coverage.*
	@# A file is one process's, so that what its tests share is made once; the longest come first.
	$(PY) -m pytest -n 2 $(BY_FILE) --cov --cov-report= $(MEASURED)
	@# Counting lines takes half as long again, and nobody asks which these have seen. They wait for
	@# browsers, processes and clocks, so that a third one has the time of the two.
	$(PY) -m pytest -n 3 $(BY_FILE) $(UNMEASURED)
	@# Few and long, so that each is given to whoever is free.
	$(PY) -m pytest -n 2 --maxschedchunk 1 tests/simulator
	@$(PY) -m coverage report --fail-under=90 || { echo "coverage: below what we hold" >&2; exit 1; }
	@$(PY) -m coverage report --include='chalicelib/domain/*,chalicelib/usecases/*' --fail-under=100

.PHONY: check
check: $(STAMP) ## Format, lint, types, import contracts, then make test
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(VENV)/bin/lint-imports
	@# mypy has one thread, and the tests leave it time.
	@$(MAKE) --no-print-directory -j 2 types test

.PHONY: types
types: $(STAMP)
	$(PY) -m mypy

.PHONY: fmt
fmt: $(STAMP) ## Format, and mend what can be mended
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

.PHONY: openapi
openapi: $(STAMP) ## The API's description and its pages, from the code
	@$(PY) -m tools.openapi

.PHONY: openapi-examples
openapi-examples: $(STAMP) ## The same, after asking a stack for new examples
	@$(PY) -m tools.openapi record

EXAMPLES ?= 20

.PHONY: fuzz
fuzz: $(STAMP) ## Schemathesis against a stack, 5,000 requests or more: EXAMPLES=20 SEED=1
	@$(PY) -m dev.fuzz --examples $(EXAMPLES) --seed $(SEED)

HISTORIES ?= 2000
SEED ?= 1
JOBS ?= 2
SIMULATE ?=

.PHONY: simulate
simulate: $(STAMP) ## The money simulator: HISTORIES=2000 SEED=1, SIMULATE='--exhaustive --mutants all'
	@$(PY) -m simulator --histories $(HISTORIES) --seed $(SEED) --jobs $(JOBS) $(SIMULATE)

ROWS ?= 1000000

.PHONY: measure-export
measure-export: $(STAMP) ## How long an export of ROWS=1000000 payments takes, and what it holds
	@$(PY) -m dev.measure_export $(ROWS)

.PHONY: lighthouse
lighthouse: $(STAMP) ## Lighthouse on the product page, 95 or more in each; needs Node and Chromium
	@$(PY) -m dev.lighthouse

ONLY ?=

.PHONY: bench
bench: $(STAMP) ## What speed and cost are claimed to be, measured: ONLY='counts cost'
	@$(PY) -m bench $(ONLY)

.PHONY: package
package: $(STAMP) ## The bundle and a SAM template in dist/: STAGE=dev, unless another is named
	@$(PY) -m deploy package --stage $(or $(STAGE),dev)

# SET='NAME=VALUE NAME=VALUE' are settings of the application, ALARMS_TO an e-mail address; both are kept.
.PHONY: deploy
deploy: $(STAMP) named-stage ## To AWS, safe to run again: STAGE=dev SET='TAUTAN_PUBLIC_URL=https://…' ALARMS_TO=…
	@$(PY) -m deploy up --stage $(STAGE) $(foreach each,$(SET),--set '$(each)') $(if $(ALARMS_TO),--alarms-to '$(ALARMS_TO)')

.PHONY: destroy
destroy: $(STAMP) named-stage ## Remove it from AWS; the table and secrets too with DATA=1
	@$(PY) -m deploy destroy --stage $(STAGE) $(if $(DATA),--data)

.PHONY: named-stage
named-stage:
	@test -n "$(STAGE)" || { echo "Which stage? STAGE=dev, for one" >&2; exit 2; }
