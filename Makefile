# Two commands do everything on a machine with Python >= 3.11 and make: `make verify` and `make test`.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: verify lint check inner test quick slow test-oldest test-libraries implementations docs bench notes statements rocq mutants clean

verify: .venv/installed
	$(BIN)/marginproof verify

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The inner loop, about a minute: style, types, and each test that takes less than a fifth of a second. mypy keeps one
# core busy, so that the tests run beside it.
check: .venv/installed
	$(MAKE) --no-print-directory --jobs 2 lint inner

inner: .venv/installed
	$(BIN)/pytest -n auto --dist worksteal -m "not slow and not lengthy" tests

# All tests and properties but those marked slow, which `make slow` runs; continuous integration runs both.
test: .venv/installed
	$(MAKE) --no-print-directory --jobs 2 lint quick

quick: .venv/installed
	$(BIN)/pytest -n auto --dist worksteal -m "not slow"

slow: .venv/installed
	$(BIN)/pytest -n auto --dist worksteal -m slow

# torch and optax beside the definitions, in an environment of their own, so that the others stay as light as they are.
test-libraries: .venv-libraries/installed
	.venv-libraries/bin/pytest -n auto --dist worksteal tests/libraries tests/test_diagnose_torch.py

# The wheel as strangers install it, with the oldest dependencies that pyproject.toml allows, in an environment of its own:
# what is in it, its commands outside this tree, Parquet and Arrow files by pyarrow, and the core of the suite.
CORE := installed.py test_arrow.py test_as_they_come.py test_certificates.py test_data.py test_exact_lp.py test_losses.py \
  test_margins.py test_numbers_balls.py test_output.py test_own_data.py test_python.py test_schemas.py \
  test_simulate_exact.py
test-oldest: .venv-oldest/installed
	rm -rf build dist
	.venv-oldest/bin/python -m build --no-isolation > /dev/null
	.venv-oldest/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --force-reinstall dist/*.whl
	cd tests && ../.venv-oldest/bin/pytest -n auto --dist worksteal -m "not slow" $(CORE)

# What they compute, and in which conventions, in a page; `make test-libraries` finds it stale.
implementations: .venv-libraries/installed
	cd tests && PYTHONPATH=.. ../.venv-libraries/bin/python -m libraries.page ../notes/implementations.md

# The pages of notes/ that come from derivations; a test fails when one is stale.
notes: .venv/installed
	$(BIN)/marginproof derive --notes notes

# The book in site/index.html: a warning, such as a broken link, fails. The gallery's scripts run (minutes, the first time).
docs: .venv/docs
	$(BIN)/python -m sphinx -W --keep-going -q -c . -d site/.doctrees notes site

# Every statement with its evidence; a test fails when a statement is missing there.
statements: .venv/installed
	$(BIN)/marginproof verify --notes notes/statements.md

# The theories compiled by Rocq's kernel, their axioms and statements compared with the table, and notes/kernel.md written.
# Where Rocq is absent and this user may install it, it is installed; else the command says what to install.
rocq: .venv/installed
	@command -v coqc > /dev/null || command -v rocq > /dev/null || [ "$$(id -u)" != 0 ] || ! command -v apt-get > /dev/null || \
	  { timeout 300 apt-get update -qq && timeout 600 apt-get install -y -qq --no-install-recommends libcoq-coquelicot libcoq-bignums; } || true
	$(BIN)/python -m verify.formal

# Ratios against named references, in one run, into bench.json; the longer sizes with `make bench LARGE=--large`.
bench: .venv/installed
	$(BIN)/python tests/bench $(LARGE)

# Does a test notice each planted fault? Most of an hour; `make mutants PARTS="margins game"` for some parts.
mutants: .venv/installed
	cd tests && ../$(BIN)/python -m mutants $(PARTS)

# Pinned versions, so that what was tested is what runs.
.venv/installed: pyproject.toml .ci/constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint .ci/constraints.txt --editable '.[dev]'
	touch $@

.venv/docs: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint .ci/constraints.txt --editable '.[dev,docs]'
	touch $@

# torch is installed without what its wheel asks for, since on Linux these are gigabytes of CUDA libraries, and with what a
# CPU build needs. Where pip finds a build with CUDA alone, PIP_EXTRA_INDEX_URL names PyTorch's index of CPU builds.
.venv-libraries/installed: pyproject.toml .ci/constraints.txt .ci/constraints-libraries.txt
	$(PYTHON) -m venv .venv-libraries
	.venv-libraries/bin/python -m pip install --quiet --disable-pip-version-check --no-deps \
	  --constraint .ci/constraints-libraries.txt torch
	.venv-libraries/bin/python -m pip install --quiet --disable-pip-version-check --constraint .ci/constraints.txt \
	  --constraint .ci/constraints-libraries.txt --editable . pytest pytest-xdist optax filelock fsspec jinja2 networkx \
	  setuptools typing_extensions
	@.venv-libraries/bin/python -c "import torch" || { echo "torch needs a CPU build: see the Makefile"; exit 1; }
	touch $@

.venv-oldest/installed: pyproject.toml .ci/constraints-oldest.txt
	$(PYTHON) -m venv .venv-oldest
	.venv-oldest/bin/python -m pip install --quiet --disable-pip-version-check --constraint .ci/constraints-oldest.txt \
	  '.[arrow]' build pandas pytest pytest-xdist setuptools
	touch $@

clean:
	rm -rf .venv .venv-libraries .venv-oldest site notes/examples build dist *.egg-info
