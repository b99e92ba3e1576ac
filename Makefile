# `make demo` and `make test` are the two commands a newcomer needs; both make what they need and are quick the second time.

VENV ?= .venv
BIN := $(VENV)/bin
# the usual python3 if it is new enough, else the newest that our dependencies have wheels for
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
# CI: two workers; by hand, one process, so that output and debugger are plain
PYTEST_ARGS ?= $(if $(CI),-n 2 --dist worksteal,)
# Tests and scripts are checked too, but need not annotate everything.
LENIENT := --allow-untyped-defs --allow-incomplete-defs --allow-untyped-calls --allow-any-generics --no-warn-return-any

DEMO_STAMP := $(VENV)/.installed
TEST_STAMP := $(VENV)/.installed-test
# One version: a faster peer is for `make bench` to find out, not for somebody's push.
PEER_VERSION ?= 30.2026.4300
PEER_VENV := .venv-peer
PEER_STAMP := $(PEER_VENV)/.installed-$(PEER_VERSION)
PEER := $(if $(SKYBUTLER_PEER_PYTHON),,$(PEER_STAMP))
WITH_PEER := SKYBUTLER_PEER_PYTHON=$(or $(SKYBUTLER_PEER_PYTHON),$(abspath $(PEER_VENV))/bin/python) PYTHONPATH=tests

.PHONY: help demo test lint types unit conformance format docs gallery bench bench-short bench-dp02 bench-concurrency bench-vo news clean

help:
	@echo "make demo         the main job on simulated data, end to end"
	@echo "make test         lint + types + unit: every check"
	@echo "make lint         ruff and import layers"
	@echo "make types        mypy"
	@echo "make unit         pytest (PYTEST_ARGS='-k chain' for some)"
	@echo "make conformance  the services as STILTS and a browser see them (apt-get install stilts chromium-driver)"
	@echo "make format       let ruff rewrite the code"
	@echo "make docs         write the generated reference pages"
	@echo "make bench-short  whether we still need so much less CPU than lsst.daf.butler"
	@echo "make bench        figures beside lsst.daf.butler's (CASES='sqlite:1000' for others)"
	@echo "make bench-dp02   the registry of the whole of DP0.2, an hour and 10 GB of disk"
	@echo "make bench-concurrency  readers and writers at once, beside lsst.daf.butler's, on a quiet machine"
	@echo "make bench-vo     services of half a million images: questions, downloads, cut-outs, 64 clients; ten minutes"
	@echo "make gallery      docs/gallery/build/index.html, every kind of picture"
	@echo "make news         what the next release notes will say"
	@echo "make clean        remove the virtual environment and everything made"

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "skybutler needs Python 3.11 or newer; install it or say: make PYTHON=/path/to/python"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(DEMO_STAMP): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[all]'
	@touch $@

$(TEST_STAMP): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[all,test]'
	@touch $@ $(DEMO_STAMP)

demo: $(DEMO_STAMP)
	rm -rf demo-repo
	$(BIN)/butler demo demo-repo

test: lint types unit

lint: $(TEST_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(TEST_STAMP)
	$(BIN)/mypy src
	$(BIN)/mypy $(LENIENT) tests benchmarks docs/generate.py docs/gallery/make.py

unit: $(TEST_STAMP) $(PEER)
	$(WITH_PEER) $(BIN)/pytest $(PYTEST_ARGS)

# what STILTS and a browser, which we have not written, make of our services
conformance: $(TEST_STAMP) demo-repo/butler.yaml
	$(BIN)/pytest -m conformance tests/conformance

demo-repo/butler.yaml:
	$(MAKE) demo

format: $(TEST_STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(TEST_STAMP)
	$(BIN)/python docs/generate.py

gallery: $(DEMO_STAMP)
	$(BIN)/python docs/gallery/make.py

bench-short: $(TEST_STAMP) $(PEER)
	$(WITH_PEER) $(BIN)/python benchmarks/run.py $(BENCH_ARGS)

# the peer has an environment of its own; psycopg2 because it does not say which driver it needs
$(PEER_STAMP):
	$(PYTHON) -m venv $(PEER_VENV)
	$(PEER_VENV)/bin/python -m pip install --quiet lsst-daf-butler==$(PEER_VERSION) psycopg2-binary psutil
	@touch $@

bench: $(TEST_STAMP) $(PEER)
	$(WITH_PEER) $(BIN)/python benchmarks/compare.py $(CASES) $(BENCH_ARGS)

bench-dp02: $(TEST_STAMP)
	PYTHONPATH=tests $(BIN)/python benchmarks/dp02.py --record
	PYTHONPATH=tests $(BIN)/python benchmarks/compare.py --only-report

bench-concurrency: $(TEST_STAMP) $(PEER)
	$(WITH_PEER) $(BIN)/python benchmarks/concurrency.py --record
	PYTHONPATH=tests $(BIN)/python benchmarks/compare.py --only-report

bench-vo: $(TEST_STAMP)
	PYTHONPATH=tests $(BIN)/python benchmarks/vo.py --record $(BENCH_ARGS)
	$(if $(BENCH_ARGS),,PYTHONPATH=tests $(BIN)/python benchmarks/vo_load.py --record)
	PYTHONPATH=tests $(BIN)/python benchmarks/compare.py --only-report

news: $(TEST_STAMP)
	$(BIN)/towncrier build --draft

clean:
	rm -rf $(VENV) $(PEER_VENV) benchmarks/.data demo-repo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
