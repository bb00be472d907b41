# Everything TamHub needs is Python 3.11+ and make; the rest is installed into .venv, locked with hashes.
# Variables: PYTHON (interpreter for .venv), for `make demo` PORT, HOST, TAMHUB_DATA, and CHAOS=short for `make chaos`.

.DEFAULT_GOAL := help
.SUFFIXES:

# The first Python 3.11+ on the path; macOS's own python3 may be older.
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)

VENV := .venv
BIN  := $(VENV)/bin
PY   := $(BIN)/python
BASE := $(VENV)/.base-installed
DEV  := $(VENV)/.dev-installed
PIP_INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes
UV_LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header $(LOCK_OPTIONS)
CHAOS ?= full

# ---------------------------------------------------------------------------------------------- the two commands
.PHONY: demo
demo: $(BASE) ## Run TamHub with demo data at http://127.0.0.1:8000 until Ctrl-C (PORT, HOST, TAMHUB_DATA)
	@exec $(PY) manage.py run_demo

.PHONY: test
test: $(DEV) ## Run the whole test suite on SQLite, and on PostgreSQL + Redis if DATABASE_URL and REDIS_URL name them
	@exec $(PY) tests/run.py

# ------------------------------------------------------------------------------------------------ for developers
.PHONY: lint
lint: $(DEV) ## Check style, types, import contracts, missing migrations and settings
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(PY) manage.py makemigrations --check --dry-run
	$(PY) manage.py check --fail-level WARNING
	$(BIN)/mypy

.PHONY: format
format: $(DEV) ## Format the code and repair what can be repaired
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

.PHONY: lock
lock: $(DEV) ## Lock requirements/*.in with hashes (LOCK_OPTIONS=--upgrade for newer versions)
	$(UV_LOCK) requirements/base.in --output-file requirements/base.txt
	$(UV_LOCK) requirements/dev.in --constraint requirements/base.txt --output-file requirements/dev.txt

.PHONY: messages
messages: $(DEV) ## Bring the French texts in step with the code, and compile them (needs gettext)
	$(PY) manage.py makemessages --locale fr --no-obsolete --no-wrap --add-location file \
		--ignore .venv --ignore tests --ignore demo --ignore var
	$(PY) manage.py compilemessages --locale fr --ignore .venv

.PHONY: chaos
chaos: $(DEV) ## Break processes, servers and lines and count what is lost: nothing (CHAOS=short: as CI does)
	@exec $(PY) tests/chaos/run.py $(CHAOS)

.PHONY: docs
docs: $(DEV) ## Write the API's schema to docs/openapi.yaml
	$(PY) manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

.PHONY: bench
bench: $(DEV) ## Measure: every script of bench/
	@for script in bench/*.py; do echo "== $$script"; $(PY) $$script || exit 1; done

.PHONY: venv
venv: $(DEV) ## Only set up .venv with everything developing needs

.PHONY: clean
clean: ## Remove .venv and caches; data in var/ stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis staticfiles
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# -------------------------------------------------------------------------------------------------- .venv, by stamps
$(PY):
	@test -n "$(PYTHON)" || { echo "TamHub needs Python 3.11 or newer: install it, or name it by PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than Python 3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { echo "$(PYTHON) cannot make a venv: on Debian and Ubuntu, apt-get install python3-venv"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(BASE): requirements/base.txt | $(PY)
	@echo "Installing what TamHub runs on ..."
	@$(PIP_INSTALL) -r requirements/base.txt
	@touch $@

$(DEV): requirements/dev.txt $(BASE) | $(PY)
	@echo "Installing what developing and testing needs ..."
	@$(PIP_INSTALL) -r requirements/dev.txt
	@touch $@
