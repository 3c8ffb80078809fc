# Needs python3 (3.11 or later) and make. What a target uses is installed into .venv the first time,
# and again when pyproject.toml has changed; nothing outside this folder is touched.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# As many test processes as there are processors.
WORKERS ?= auto

# Our matrices are small: a second thread for one costs more than it brings, and far more where
# processors are busy. Tests run in as many processes as there are processors.
demo test check pictures: export OPENBLAS_NUM_THREADS = 1

.PHONY: help demo learn test check bench pictures site browser clean

help:
	@echo "make demo    train a network on handwritten digits and draw what it learned"
	@echo "make learn   opens the course in the browser"
	@echo "make test    the quick tests: about a minute on two processors"
	@echo "make check   everything that CI looks at: style, types, imports, all tests"
	@echo "make bench   speed beside NumPy by hand, JAX, TensorFlow, and PyTorch if .venv has it"

demo: $(VENV)/with-examples
	$(BIN)/python examples/digits.py

learn: $(VENV)/with-learn
	$(BIN)/tensorslow learn

# The course as a web site, in out/site.
site: $(VENV)/with-learn
	$(BIN)/tensorslow learn --export out/site

test: $(VENV)/with-test
	$(BIN)/pytest -q -n $(WORKERS) --dist worksteal -m "not slow"

# Chromium, for the tests of web pages. Without it these are skipped, with the reason.
browser:
	@tests/browser/install.sh || echo "no Chromium: the tests of web pages will be skipped"

check: $(VENV)/with-test $(VENV)/with-check $(VENV)/with-inspect $(VENV)/with-browser browser
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest -q -n $(WORKERS) --dist worksteal

bench: $(VENV)/with-bench
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.kernels

# The pictures that README.md shows.
pictures: $(VENV)/with-examples
	$(BIN)/python examples/perceptron.py --out docs/images/perceptron.png
	$(BIN)/python examples/xor.py --out docs/images/xor.png
	$(BIN)/python examples/digits.py --out docs/images/digits.png

clean:
	rm -rf $(VENV) out

# One environment for all; each stamp says that one list of extras is in it.
$(VENV)/with-%: pyproject.toml $(VENV)/created
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[$*]"
	@touch $@

$(VENV)/created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "tensorslow needs Python 3.11 or later: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

# pip must not be called twice at once.
.NOTPARALLEL:
