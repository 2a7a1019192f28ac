# Every target sets itself up: a fresh machine needs Python 3.11 or later and nothing else.
PYTHON ?= python3
FLOWS ?= flows
# Two tests a core: half of their time they wait for servers. `make test TESTS="tests/runtime -x"` says which and how.
WORKERS := $(shell $(PYTHON) -c 'import os; print(2 * (os.cpu_count() or 1))')
TESTS ?= --numprocesses $(WORKERS) --dist worksteal
BIN := .venv/bin
PIP := -m pip --disable-pip-version-check

.PHONY: dev serve test test-newest test-oldest test-time wheel wheels bench format lock clean

dev: .venv/ready
	$(BIN)/touchtone dev $(FLOWS)

serve: .venv/ready
	$(BIN)/touchtone serve $(FLOWS)

test: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest $(TESTS)

# The same tests with the newest libraries that pyproject.toml allows, and with the oldest.
test-newest: .venv-newest/ready
	.venv-newest/bin/pytest $(TESTS)

test-oldest: .venv-oldest/ready
	.venv-oldest/bin/pytest $(TESTS)

# What reads the real clock, a year on and at a turn of the year; everything with `make test-time MARK=`. Needs GNU date.
MARK ?= -m real_clock
test-time: .venv/ready
	.ci/at-time '+400 days' $(BIN)/pytest $(TESTS) $(MARK)
	.ci/at-time '2027-12-31 23:59:45' $(BIN)/pytest $(TESTS) $(MARK)

# The wheel and the sdist, each installed where nothing else is, answer a call.
wheel: .venv/ready
	$(BIN)/python .ci/installed.py

# Whether every dependency has a wheel for each Python and platform that we name. Asks the package index.
wheels: .venv/ready
	$(BIN)/python .ci/wheels.py

bench: .venv/ready
	$(BIN)/python -m benchmarks

format: .venv/ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Resolves anew what `make dev` and `make test` install, for every Python and platform, with hashes.
lock: .venv-tools/ready
	.venv-tools/bin/uv pip compile --quiet --universal --upgrade --generate-hashes --no-annotate --no-emit-index-url \
		--python-version 3.11 --custom-compile-command 'make lock' \
		--extra test --extra bench --group build --output-file requirements.lock pyproject.toml

clean:
	rm -rf .venv .venv-newest .venv-oldest .venv-tools dist

.venv/ready: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Touchtone needs Python 3.11 or later; say which with  make PYTHON=python3.12")'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python $(PIP) install --quiet --require-hashes --only-binary=:all: --requirement requirements.lock
	$(BIN)/python $(PIP) install --quiet --no-deps --no-build-isolation --editable .
	touch $@

.venv-newest/ready: pyproject.toml
	$(PYTHON) -m venv --clear .venv-newest
	.venv-newest/bin/python $(PIP) install --quiet --upgrade --editable '.[test,bench]'
	touch $@

.venv-oldest/ready: pyproject.toml .venv-tools/ready
	$(PYTHON) -m venv --clear .venv-oldest
	.venv-tools/bin/uv pip compile --quiet --resolution lowest-direct --no-emit-index-url --extra test --extra bench \
		--group build --output-file .venv-oldest/requirements.txt pyproject.toml
	.venv-oldest/bin/python $(PIP) install --quiet --requirement .venv-oldest/requirements.txt
	.venv-oldest/bin/python $(PIP) install --quiet --no-deps --no-build-isolation --editable .
	touch $@

.venv-tools/ready:
	$(PYTHON) -m venv --clear .venv-tools
	.venv-tools/bin/python $(PIP) install --quiet 'uv>=0.9'
	touch $@
