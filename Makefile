.DEFAULT_GOAL := help

BIN := .venv/bin
READY := .venv/.bootstrapped

.PHONY: help setup demo run texts test test-faults test-year test-browser screenshots bench check format lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

setup: $(READY) ## Make .venv from the hash-pinned lock; again only when the lock changed

$(READY): requirements-dev.lock scripts/bootstrap.sh
	@scripts/bootstrap.sh

demo: $(READY) ## Watch a seeded clinic's reminders go out; nothing leaves the machine
	@$(BIN)/python -m scripts.demo

run: $(READY) ## Serve the front desk on this machine, and send what falls due
	@$(BIN)/reminders serve

texts: $(READY) ## Renew the catalogue of the desk's texts, for translators
	@$(BIN)/python -m scripts.extract_texts

test: $(READY) ## Run the tests, on SQLite and a real PostgreSQL
	$(BIN)/pytest -m "not faults and not year and not browser"

# One at a time: these kill processes and measure real waiting, so they want the machine to themselves.
test-faults: $(READY) ## Run the tests that kill processes or wait for real time
	$(BIN)/pytest -m faults -n0

test-year: $(READY) ## Play a year of 1,000 patients, and 20 clinics against their rehearsals (minutes)
	$(BIN)/pytest -m year -n0

test-browser: $(READY) ## Open the pages in a real chromium: by mouse and keys, without JavaScript, with axe
	@scripts/chromium.sh
	$(BIN)/pytest -m browser -n0

screenshots: $(READY) ## Draw each page anew, wide and as a phone shows it, in docs/screenshots
	@scripts/chromium.sh
	$(BIN)/python -m tests.browser.screenshots

bench: $(READY) ## Say how long a rehearsal takes, and each page with 20,000 patients (minutes)
	$(BIN)/python -m tests.benchmarks.rehearsals
	$(BIN)/python -m tests.benchmarks.pages

check: $(READY) ## Check style, types, import floors, spelling and migrations
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/codespell
	$(BIN)/python -m scripts.check_migrations

format: $(READY) ## Format, and mend what ruff can mend by itself
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# One lock serves every platform and Python, and names no package host. uv writes it and is needed for nothing else,
# so it lives in a throw-away environment.
COMPILE := pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	--no-header --no-emit-index-url --no-annotate

lock: $(READY) ## Renew both lock files from pyproject.toml (UPGRADE=1: to the newest versions)
	@tools=$$(mktemp -d) && trap 'rm -rf "$$tools"' EXIT && set -e && \
	$(BIN)/python -m venv "$$tools" && "$$tools/bin/pip" install --quiet uv && \
	"$$tools/bin/uv" $(COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml -o requirements.lock && \
	"$$tools/bin/uv" $(COMPILE) $(if $(UPGRADE),--upgrade) --extra dev pyproject.toml -o requirements-dev.lock

clean: ## Remove .venv and every cache
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
