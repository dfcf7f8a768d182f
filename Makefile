# Everything a developer does here. `make help` lists it.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TESTS ?= tests
# one more than there are processors: half of their time tests wait
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)

.PHONY: help run test mutants check fmt lint types e2e live fuzz simulate hostile chaos bench understanding-report lock clean

help: ## Show this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(VENV)/.runtime ## Set everything up and serve http://127.0.0.1:8000 (settings: make run PORT=8123 DATA_DIR=/somewhere)
	@exec $(BIN)/travel-assistant serve

test: $(VENV)/.dev ## Set everything up and run every test
	$(BIN)/pytest -n $(WORKERS) --dist loadscope -m "not e2e and not live and not mutants" $(TESTS)

mutants: $(VENV)/.dev ## Put bugs in on purpose, and see each found by the stories and the hostile model; some four minutes
	$(BIN)/pytest -n 2 -m mutants tests/simulation tests/hostile

check: lint types ## What a commit must pass besides the tests

fmt: $(VENV)/.dev ## Format the code
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format .

lint: $(VENV)/.dev ## Style, and the formatter's opinion
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev ## mypy, strict
	$(BIN)/mypy .

e2e: $(VENV)/.dev ## Drive the page in a real browser (Debian's chromium)
	$(BIN)/pytest -m e2e tests/e2e

live: $(VENV)/.dev ## Ask the real Groq and Duffel's test mode a few things (needs GROQ_API_KEY, DUFFEL_ACCESS_TOKEN); never in CI
	$(BIN)/pytest -rs -o addopts="-q --strict-markers" -m live tests/live

fuzz: $(VENV)/.dev ## Call every operation some hundred times with generated input, and a crowd of sign-ins; a quarter of an hour
	FUZZ_EXAMPLES=$(or $(EXAMPLES),400) FUZZ_LOGINS=1000 $(BIN)/pytest tests/fuzz

simulate: $(VENV)/.dev ## Tell stories of bad luck, one a seed (SEEDS=10000 FIRST_SEED=0); some ten minutes
	SEEDS=$(or $(SEEDS),10000) FIRST_SEED=$(or $(FIRST_SEED),0) $(BIN)/pytest -n 2 --dist loadscope tests/simulation/test_stories.py

hostile: $(VENV)/.dev ## Put the chat's model in an attacker's hands (CALLS=1000000 FIRST_SEED=0); some two hours on two processors
	CALLS=$(or $(CALLS),1000000) FIRST_SEED=$(or $(FIRST_SEED),0) $(BIN)/pytest -n 2 --dist loadscope tests/hostile/test_machine.py

chaos: $(VENV)/.dev ## Kill real processes while a crowd books and pays (KILLS=100 SEED=7); some four seconds a kill
	$(BIN)/python -m evals.chaos --kills $(or $(KILLS),100) $(if $(SEED),--seed $(SEED))

bench: $(VENV)/.dev ## Measure: the timetable, the reading of messages, searches through a server
	$(BIN)/python -m evals.bench.timetable
	$(BIN)/python -m evals.bench.understanding
	$(BIN)/python -m evals.bench.search

understanding-report: $(VENV)/.dev ## Score the cases of what travellers say, and write a page with every miss
	$(BIN)/python -m evals.understanding.report

lock: $(VENV)/.dev ## Resolve the dependencies anew, with hashes and without hosts
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		-c requirements.lock --extra dev pyproject.toml -o requirements-dev.lock

clean: ## Remove what the set-up made; .data stays
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON=..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "python3 cannot make a virtual environment; on Debian: apt-get install python3-venv"; exit 1; }

# our own package is installed without a look-up: everything it needs is in the lock
$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/bin/pip
	@echo "Installing; the first time takes half a minute to a minute."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
