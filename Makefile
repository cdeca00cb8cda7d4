# Two commands are enough for a newcomer: make run, make test.
SHELL := /bin/sh
# The distribution's own before any other on PATH: operators run it, and one that somebody compiled without profiles is a fifth slower.
PYTHON ?= $(shell for python in /usr/bin/python3.11 python3.11; do $$python -c 'import ensurepip' 2>/dev/null && echo $$python && break; done || echo python3)
VENV := .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := help
# Where it is set, each of the thousand programs that tests start would compile the product anew.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help run sandbox test check scans fix fuzz bench bench-uniform bench-kills bench-sealing bench-slips bench-full bench-walks bench-lighthouse clean

help:  ## Say what can be done here
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

$(VENV)/.runtime: requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed: install python3.11 and python3.11-venv, or name yours with make PYTHON=..."; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

run: $(VENV)/.runtime  ## Start the product and the sandbox register with demo data
	@exec $(BIN)/motcua demo

sandbox: $(VENV)/.runtime  ## Start the sandbox register alone
	@exec $(BIN)/npdsandbox serve

test: $(VENV)/.dev  ## Run everything: style, types, floors, unit, contract, both databases, browser
	@$(BIN)/python tests/run_all.py

check: $(VENV)/.dev  ## Style, types, import contracts, templates, and generated pages are fresh
	$(BIN)/ruff format --check src tests bench fuzz
	$(BIN)/ruff check src tests bench fuzz
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --quiet --lint src
	$(BIN)/motcua makemigrations --check --dry-run
	$(BIN)/motcua configuration --check

scans: $(VENV)/.dev  ## Look for careless code, secrets, packages with known flaws, and fuzz for 10 seconds
	@$(BIN)/python tests/scans.py

fix: $(VENV)/.dev  ## Format the code and mend what can be mended
	$(BIN)/ruff check --fix src tests bench fuzz
	$(BIN)/ruff format src tests bench fuzz

$(VENV)/.fuzz: fuzz/requirements.lock $(VENV)/.dev
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r fuzz/requirements.lock \
	|| echo "atheris has no wheel for this machine: the fuzzers run without coverage."
	@touch $@

fuzz: $(VENV)/.fuzz  ## Fuzz all readers for a minute (FUZZ_SECONDS=600 for ten; FUZZ_SEED=1 repeats a run)
	@$(BIN)/python -m fuzz --seconds $(or $(FUZZ_SECONDS),60) $(if $(FUZZ_SEED),--seed $(FUZZ_SEED))

bench: $(VENV)/.dev  ## Measure speed; writes bench/results/latest.json
	@$(BIN)/python -m bench

bench-uniform: $(VENV)/.dev  ## Compare the time of one no with another's; adds to latest.json
	@$(BIN)/python -m bench uniform

bench-kills: $(VENV)/.dev  ## Kill processes 200 times under load and count what is lost; adds to latest.json
	@$(BIN)/python -m bench kills

bench-sealing: $(VENV)/.dev  ## Seal and verify a million audit events; adds to latest.json
	@$(BIN)/python -m bench sealing

bench-slips: $(VENV)/.dev  ## Time slips and registers; adds to latest.json
	@$(BIN)/python -m bench slips

bench-full: $(VENV)/.dev  ## Look at every list, search and count over full tables, and let a burst come; adds to latest.json
	@$(BIN)/python -m bench full

bench-walks: $(VENV)/.dev  ## Time people at the desk and on a telephone, at their own pace; adds to latest.json
	@$(BIN)/python -m bench walks

bench-lighthouse: $(VENV)/.dev  ## Ask Lighthouse about desk, portal and filing (needs Node.js 20 and npm's registry); adds to latest.json
	@$(BIN)/python -m bench lighthouse

clean:  ## Remove the environment and all local state
	rm -rf $(VENV) var
