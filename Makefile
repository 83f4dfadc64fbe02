# Everything goes through here: `make run`, `make test`, `make bench`. It needs Python 3.11 or newer and nothing else;
# packages go into .venv (and .venv-bench), and are fetched again only when a requirements file changes.
#
# Programs are started as modules of the virtualenv's Python and not by their scripts, whose first lines name the folder
# they were installed in and break when a checkout is moved.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test faults soak bench vendor clean rebuild

# The Python to make the virtualenv with; empty means the first of PYTHONS below that will do.
PYTHON ?=
# What is compiled once is kept: each process that the tests start would compile what it uses of the service again.
unexport PYTHONDONTWRITEBYTECODE
# Further words for pytest, `flask up` or the benchmarks: make test ARGS="-k uploads"
ARGS ?=

IN_VENV := .venv/bin/python -m
# One worker more than there are processors (tests/conftest.py), but not sixty: each has databases of its own. Tests
# marked as one group share a worker.
PYTEST_WORKERS := -n auto --maxprocesses 8 --dist loadgroup
# Quiet twice: errors only. Once would still pass on warnings about the settings of the machine.
INSTALL := -m pip install --quiet --quiet --disable-pip-version-check --no-input

help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' Makefile

run: .venv/.runtime ## start the service on this machine
	@exec $(IN_VENV) flask up $(ARGS)

# The tests are compiled while types are checked, which takes one processor; what is wrong with them is said afterwards.
test: .venv/.dev ## check the code and run every test
	@$(IN_VENV) tests.system_packages
	@$(IN_VENV) ruff check --quiet --output-format concise .
	@$(IN_VENV) pytest --collect-only -qq -p no:cacheprovider >/dev/null 2>&1 & \
		$(IN_VENV) mypy --no-error-summary; checked=$$?; wait; exit $$checked
	@.venv/bin/python -c "from importlinter.cli import lint_imports_command as check; check()" --no-logo
	@exec $(IN_VENV) pytest $(PYTEST_WORKERS) $(ARGS)

faults: .venv/.dev ## plant the faults of tests/faults one by one and see that a test notices each
	@exec $(IN_VENV) tests.faults $(ARGS)

soak: .venv/.dev ## drive people's access at random for hours, against the model of its rules
	@exec $(IN_VENV) pytest --hypothesis-profile=soak tests/access/test_machine.py $(ARGS)

bench: .venv-bench/.bench ## measure the service against its goals (BENCH_QUICK=1 for a small run)
	@exec .venv-bench/bin/python -m bench $(ARGS)

vendor: .venv/.dev ## put the pinned front-end packages under app/static/vendor anew (needs npm)
	@$(IN_VENV) tools.vendor

clean: ## remove what was installed and cached; data in instance/ stays
	@rm -rf .venv .venv-bench .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis test-results
	@find app bench seed tests tools -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.runtime: requirements.txt .venv/.python
	@echo "Installing what the service runs on: this happens once, and again when requirements.txt changes."
	@.venv/bin/python $(INSTALL) -r requirements.txt
	@touch $@

# These include what the service runs on, so `make run` after `make test` has nothing left to install.
.venv/.dev: requirements-dev.txt requirements.txt .venv/.python
	@echo "Installing tools and test packages: this happens once, and again when a requirements file changes."
	@.venv/bin/python $(INSTALL) -r requirements-dev.txt
	@touch .venv/.runtime $@

.venv-bench/.bench: requirements-bench.txt requirements.txt .venv-bench/.python
	@echo "Installing what is measured against: this happens once, and again when a requirements file changes."
	@.venv-bench/bin/python $(INSTALL) -r requirements-bench.txt
	@touch $@

# A virtualenv is made anew when its Python has gone (upgraded or removed), whatever the stamps say.
.venv/.python: $(if $(wildcard .venv/bin/python),,rebuild)
.venv-bench/.python: $(if $(wildcard .venv-bench/bin/python),,rebuild)
rebuild:

IS_NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
CAN_MAKE_VENV := import ensurepip, venv
# A distribution's own Python is compiled for speed, one that a version manager compiled mostly is not (README, Decisions).
# Each is tried by running it: a name on PATH can be a stand-in for a version that is not installed.
PYTHONS := /usr/bin/python3 python3 python3.11 python3.12 python3.13 python3.14 python
NO_PYTHON := The service needs Python 3.11 or newer. Install it, or name it: make PYTHON=/path/to/python3.11
NO_VENV := can make no virtualenv: its venv module is missing. On Debian and Ubuntu: apt-get install python3-venv
.venv/.python .venv-bench/.python: %/.python:
	@if $*/bin/python -c "$(IS_NEW_ENOUGH)" 2>/dev/null && $*/bin/python -m pip --version >/dev/null 2>&1; then \
	    touch $@; exit 0; \
	fi; \
	chosen=""; new=""; \
	for name in $(if $(PYTHON),"$(PYTHON)",$(PYTHONS)); do \
	    "$$name" -c "$(IS_NEW_ENOUGH)" >/dev/null 2>&1 || continue; \
	    new="$${new:-$$name}"; \
	    if "$$name" -c "$(CAN_MAKE_VENV)" >/dev/null 2>&1; then chosen="$$name"; break; fi; \
	done; \
	if [ -z "$$new" ]; then \
	    echo "$(NO_PYTHON)" >&2; \
	    tried="$(PYTHON)"; echo "Found: $$("$${tried:-python3}" --version 2>&1 | head -n 1)" >&2; exit 1; \
	fi; \
	if [ -z "$$chosen" ]; then echo "$$new $(NO_VENV)" >&2; exit 1; fi; \
	"$$chosen" -m venv --clear $* && touch $@
