# `make demo` and `make test` are all a newcomer needs; the rest is for developers.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ROOMS := analysis hpc potentials structures workflows
DEFAULT := 'not slow and not slurm and not sge and not teacher and not benchmark and not wheel and not examples'
comma := ,
space := $() $()

.PHONY: api-check coverage demo docs docs-open examples lowest release-check teacher test test-fuzz test-wheel test-slow test-slurm test-sge test-teacher benchmark lint typing clean

$(VENV)/.core: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q -e .
	touch $@

$(VENV)/.test: $(VENV)/.core
	$(BIN)/python -m pip install -q -e '.[test]'
	touch $@

demo: $(VENV)/.core
	$(BIN)/nanokiln run cdse-cu3p-cdse --out demo --ranks 2

test: $(VENV)/.test
	$(BIN)/python -m pytest -m $(DEFAULT)

# Branch coverage of the default suite, of subprocesses and ranks too: figures by file, and pages in build/coverage.
coverage: $(VENV)/.test
	$(BIN)/python -m pip install -q 'coverage>=7.10'
	rm -f .coverage .coverage.*
	-$(BIN)/python -m coverage run --source=$(subst $(space),$(comma),$(addprefix $(CURDIR)/,$(ROOMS))) -m pytest -m $(DEFAULT)
	$(BIN)/python -m coverage combine -q
	$(BIN)/python -m coverage html -q -d build/coverage
	$(BIN)/python -m coverage report --skip-covered

test-fuzz: $(VENV)/.test
	$(BIN)/python -m pytest --hypothesis-profile=long tests/workflows/test_fuzzed.py tests/analysis/trajectory/test_mangled.py

test-wheel: $(VENV)/.test
	$(BIN)/python -m pytest -m wheel

test-slow: $(VENV)/.test
	$(BIN)/python -m pytest -m slow

test-slurm: $(VENV)/.test
	$(BIN)/python -m pytest -m slurm

test-sge: $(VENV)/.test
	$(BIN)/python -m pytest -m sge

# The labelling potentials on a CPU: nequix without the CUDA and wandb that it asks for.
teacher: $(VENV)/.core
	$(BIN)/python -m pip install -q -e '.[teacher]'
	$(BIN)/python -m pip install -q --no-deps nequix==0.4.5

test-teacher: $(VENV)/.test teacher
	$(BIN)/python -m pytest -m teacher

benchmark: $(VENV)/.test
	$(BIN)/python -m pytest -m benchmark -s

# The site, from pages and from the program itself, warnings as errors; it lies in build/docs/site.
docs: $(VENV)/.core typing
	$(BIN)/python -m pip install -q -e '.[docs]'
	$(BIN)/python workflows/docs/generated.py build/docs
	cd build/docs && $(abspath $(BIN))/python -m zensical build --strict --clean -f mkdocs.yml

docs-open: docs
	$(PYTHON) -m webbrowser -t file://$(abspath build/docs/site/index.html)

# Scripts and notebooks of workflows/examples, each as a newcomer runs it.
examples: $(VENV)/.test
	$(BIN)/python -m pip install -q -e '.[examples]'
	$(BIN)/python -m pytest -m examples --durations=0

# The default suite with the lowest versions that pyproject.toml allows.
lowest:
	$(PYTHON) -m venv build/lowest
	build/lowest/bin/python -m pip install -q -c tests/constraints-lowest.txt -e . pytest hypothesis jsonschema
	build/lowest/bin/python -m pytest -m $(DEFAULT)

# Source distribution and wheel as a user gets them: doctor, demo and every documented verb from an empty environment.
release-check: $(VENV)/.test
	$(BIN)/python -m pip install -q build
	rm -rf build/dist && $(BIN)/python -m build -o build/dist .
	for file in build/dist/*.whl build/dist/*.tar.gz; do \
	  NANOKILN_DISTRIBUTION=$$file $(BIN)/python -m pytest -m wheel tests/test_wheel.py || exit 1; done

# What changed in the public interface since the last tag, or since a commit: make api-check SINCE=abc123.
SINCE ?= $(shell git describe --tags --abbrev=0 2>/dev/null || git rev-list --max-parents=0 HEAD | tail -1)
api-check: $(VENV)/.core
	$(BIN)/python -m pip install -q griffelib
	$(BIN)/python workflows/docs/api_breaks.py $(SINCE)

lint: $(VENV)/.test typing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m mypy .typing/nanokiln

# mypy sees the rooms under their package names through these links, whatever kind of install there is.
typing:
	mkdir -p .typing/nanokiln
	for room in $(ROOMS); do ln -sfn ../../$$room .typing/nanokiln/$$room; done

clean:
	rm -rf $(VENV) .typing build *.egg-info demo
