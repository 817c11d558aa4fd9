# `make demo` and `make test` are all a newcomer needs; `make` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := .venv/bin
LOCKED := .venv/.locked
READY := .venv/.ready

# The first Python of 3.11 or newer that can make a virtual environment (Debian's cannot without python3-venv). The system's
# own comes first: distributions build it with a profile, and pyenv without, which takes a third more time for everything.
PYTHON ?= $(shell for p in /usr/bin/python3 python3.13 python3.12 python3.11 python3 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$p && break; done)

# Tests sync databases a hundred thousand times, for which a disk may take minutes or half an hour; memory takes seconds.
# Their temporary files take one or two GB, and some are programs.
IN_MEMORY := $(shell [ "$$(df --output=avail /dev/shm 2>/dev/null | tail -1)" -gt 6000000 ] 2>/dev/null \
	&& ! grep -q ' /dev/shm .*noexec' /proc/mounts && echo /dev/shm || echo "$${TMPDIR:-/tmp}")

# Two processors do most of it; while one test waits for a browser, a server or a lease another may work.
WORKERS := 3

# Many images of containers set it; here a hundred short processes would then compile the program anew, each for itself.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test soak coverage mutants bench lint types docs screenshots lock clean browser faketime libreoffice installed

help: ## List the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | sort | expand -t 14

demo: $(READY) ## Show the product with invented people; nothing is sent anywhere
	@$(BIN)/reminder demo

test: ## Everything that CI checks
	@$(MAKE) --no-print-directory -j2 lint installed
	@TMPDIR=$(IN_MEMORY) $(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal

lint: $(READY) ## Style
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "make: run: $(BIN)/ruff format ." >&2; exit 1; }

types: $(READY) ## Types
	@$(BIN)/mypy --no-error-summary

docs: $(READY) ## Write the reference pages from the code
	@$(BIN)/python -m tests.reference

soak: $(READY) faketime libreoffice ## Run the long loops for an hour: kills, stops, faults (WITH="--minutes 5 --seed 7 kills" for less)
	@TMPDIR=$(IN_MEMORY) $(BIN)/python -m tests.soak $(WITH)

coverage: $(READY) faketime ## Name the lines and branches of what decides and sends that no test runs
	@TMPDIR=$(IN_MEMORY) $(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal --ignore tests/browser --ignore tests/test_history.py \
		--ignore tests/test_mutants.py --cov --cov-config tests/coverage.ini --cov-report term-missing:skip-covered

mutants: $(READY) ## Change the policy and the planner bit by bit, and see that the tests notice (an hour or more)
	@$(BIN)/python -m tests.mutants $(WITH)

bench: $(READY) ## Measure us beside our yardsticks, ten minutes (WITH=--short for one, WITH="P1 P4" for some rows)
	@$(BIN)/python -m benchmarks $(WITH)

screenshots: $(READY) browser ## Take a picture of every page and mail into ./screenshots
	@$(BIN)/python -m tests.screenshots screenshots

lock: $(READY) ## Choose newer versions of what we depend on
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip compile --quiet --upgrade pyproject.toml --extra postgres --group dev --generate-hashes --universal \
		--python-version 3.11 --no-header --no-annotate --no-emit-index-url -o requirements/lock.txt

clean: ## Remove what `make` made
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .bench dist

# The lock is complete, so nothing is resolved (--no-deps): pip would otherwise stop at a newer release that has no hash here.
# A new lock makes a new environment; a changed pyproject.toml only tells the one that is there. Python compiles what it uses
# when it uses it: to compile everything took a quarter of the time.
$(LOCKED): requirements/lock.txt
	@command -v "$(PYTHON)" >/dev/null || { echo "make: Python 3.11 or newer with venv is needed; run: sudo apt-get install python3-venv (macOS: brew install python)" >&2; exit 1; }
	@echo "Preparing .venv (once; about a minute)"
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes -r requirements/lock.txt
	@touch $@

$(READY): $(LOCKED) pyproject.toml
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

# What the tests need and the registry of Python packages does not have. Where the lists of packages are new, they do as they are.
INSTALL = if [ "$$(id -u)" = 0 ]; then become=; else become="sudo -n"; fi; export DEBIAN_FRONTEND=noninteractive; \
	{ $$become apt-get install -y -qq $(1) || { $$become apt-get update -qq && $$become apt-get install -y -qq $(1); }; } >/dev/null 2>&1

# The headless shell needs two thirds of the computing of a whole Chromium, which does as well.
browser:
	@command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null || command -v google-chrome >/dev/null \
		|| command -v "$$CHROMIUM" >/dev/null || { echo "Installing a browser for the tests"; \
		$(call INSTALL,--no-install-recommends chromium-headless-shell fonts-liberation) \
		|| { echo "make: the browser tests need Chromium; run: sudo apt-get install chromium (or set CHROMIUM to a Chrome)" >&2; exit 1; }; }

# It moves the clock of a running process; it is a library of Linux, and the tests that need it run there only.
faketime:
	@test "$$(uname)" != Linux || test -n "$$(ls /usr/lib*/faketime/libfaketimeMT.so.1 /usr/lib/*/faketime/libfaketimeMT.so.1 2>/dev/null)" || { \
		echo "Installing faketime for the tests of clocks"; \
		$(call INSTALL,faketime) \
		|| { echo "make: the tests of clocks need libfaketime; run: sudo apt-get install faketime" >&2; exit 1; }; }

installed:  # one after the other: apt-get works alone
	@$(MAKE) --no-print-directory browser
	@$(MAKE) --no-print-directory faketime

# It opens what we export, and tells what it would run.
libreoffice:
	@command -v soffice >/dev/null || { \
		echo "Installing LibreOffice for the soak of exports"; \
		$(call INSTALL,--no-install-recommends libreoffice-calc-nogui) \
		|| { echo "make: the soak of exports needs LibreOffice; run: sudo apt-get install libreoffice-calc-nogui" >&2; exit 1; }; }
