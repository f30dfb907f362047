# Everything a new user or a check needs. `make demo` shows the product, `make check` is what CI runs.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

.PHONY: demo up test torture soak check format assets docs clean

# One stamp for what runs the product, one for what checks it.
$(VENV)/.run: requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with make PYTHON=...")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

demo: $(VENV)/.run  ## the whole line on sample photographs; IMAGES=FOLDER for your own, KEEP=1 leaves it running
	$(BIN)/cardwatch demo $(if $(IMAGES),--images "$(IMAGES)") $(if $(KEEP),--keep)

up: $(VENV)/.run  ## the local stack in the foreground
	$(BIN)/cardwatch up

test: $(VENV)/.dev  ## all tests
	$(BIN)/python -m pytest

torture: $(VENV)/.dev  ## 500 random runs of writers, rotations, faults and kills (about 25 minutes on two cores); RUNS=N, SEED=N
	$(BIN)/python -m tests.torture --runs $(or $(RUNS),500) $(if $(SEED),--seed $(SEED))

soak: $(VENV)/.dev  ## random input, other at each turn, until a test fails (`make test` draws the same each time); TIMES=N
	for turn in $$(seq $(or $(TIMES),1000000)); do \
	  $(BIN)/python -m pytest --quiet --hypothesis-profile=default tests/property tests/contract/test_random_queries.py || exit 1; \
	done

format: $(VENV)/.dev  ## rewrite the code in the project's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

check: $(VENV)/.dev  ## format, lint, types, import contracts, tests: what CI runs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest

assets: $(VENV)/.run  ## rewrite elastic/assets from elastic/fields.yml
	$(BIN)/python -m elastic.templates

docs: $(VENV)/.run  ## rewrite docs/reference.md from the code
	$(BIN)/python -m app.commands.reference

clean:  ## remove what was installed and written here
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .hypothesis
