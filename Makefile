# `make` alone lists the targets. Two are sacred: `make run` (the product, seeded) and `make test` (all of it).
PYTHON ?= python3
BIN := .venv/bin
CHROMIUM ?= $(shell command -v chromium 2>/dev/null || command -v chromium-browser 2>/dev/null)
.DEFAULT_GOAL := help
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_ROOT_USER_ACTION = ignore

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

.venv/run.stamp: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; set PYTHON=…" if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev.stamp: requirements-dev.lock .venv/run.stamp
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

build/assets.stamp: package-lock.json scripts/assets.py scripts/npm.py .venv/run.stamp
	$(BIN)/python scripts/npm.py ci --no-audit --no-fund --ignore-scripts --silent
	$(BIN)/python scripts/assets.py
	@mkdir -p build && touch $@

run: .venv/run.stamp build/assets.stamp ## install, start everything with demo data, print the address and the logins
	@exec $(BIN)/huzhu run

seed: .venv/run.stamp build/assets.stamp ## make the demo data now
	@$(BIN)/huzhu migrate && $(BIN)/huzhu seed

quick: .venv/dev.stamp build/assets.stamp ## the tests of a minute: no browser, nothing slow
	@$(BIN)/pytest -q -n 2 -m "not e2e and not slow"

test: .venv/dev.stamp build/assets.stamp browser ## everything: unit, PostgreSQL, browser journeys
	@$(BIN)/pytest -q -n 2

e2e: .venv/dev.stamp build/assets.stamp browser ## the browser journeys only
	@$(BIN)/pytest -q -m e2e

pictures: .venv/dev.stamp build/assets.stamp browser ## make the README's pictures anew
	@HUZHU_PICTURES=docs/pictures $(BIN)/pytest -q -m e2e

browser: # Debian's Chromium and a Chinese font for the pictures
	@$(PYTHON) scripts/browser.py

check: .venv/dev.stamp build/assets.stamp ## ruff, mypy, import contracts, templates, missing migrations, diagrams
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/djlint --lint --quiet huzhu/ui/templates huzhu/web/templates
	@$(BIN)/mypy huzhu config
	@$(BIN)/python manage.py makemigrations --check --dry-run
	@$(BIN)/python -m huzhu.cli.main states --check

fix: .venv/dev.stamp ## repair what a tool can repair, diagrams included
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

	@$(BIN)/python -m huzhu.cli.main states

.venv/bench.stamp: requirements-bench.lock .venv/dev.stamp
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-bench.lock
	@touch $@

bench: .venv/bench.stamp ## every promise of speed as a ratio measured in one run
	@$(BIN)/huzhu bench

lock: ## write the locks anew (needs pip-tools)
	pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header -o requirements.lock pyproject.toml
	pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header -c requirements.lock -o requirements-dev.lock requirements-dev.in
	pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header -c requirements-dev.lock -o requirements-bench.lock requirements-bench.in

.PHONY: help run seed quick test e2e pictures browser check fix bench lock
