# `make demo` and `make test` are all a newcomer needs; the rest is for developers.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ROOMS := analysis hpc potentials structures workflows

.PHONY: demo docs docs-open examples teacher test test-fuzz test-wheel test-slow test-slurm test-sge test-teacher benchmark lint typing clean

$(VENV)/.core: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q -e .
	touch $@

$(VENV)/.test: $(VENV)/.core
	$(BIN)/pip install -q -e '.[test]'
	touch $@

demo: $(VENV)/.core
	$(BIN)/nanokiln run cdse-cu3p-cdse --out demo --ranks 2

test: $(VENV)/.test
	$(BIN)/pytest -m 'not slow and not slurm and not sge and not teacher and not benchmark and not wheel and not examples'

test-fuzz: $(VENV)/.test
	$(BIN)/pytest --hypothesis-profile=long tests/workflows/test_fuzzed.py tests/analysis/trajectory/test_mangled.py

test-wheel: $(VENV)/.test
	$(BIN)/pytest -m wheel

test-slow: $(VENV)/.test
	$(BIN)/pytest -m slow

test-slurm: $(VENV)/.test
	$(BIN)/pytest -m slurm

test-sge: $(VENV)/.test
	$(BIN)/pytest -m sge

# The labelling potentials on a CPU: nequix without the CUDA and wandb that it asks for.
teacher: $(VENV)/.core
	$(BIN)/pip install -q -e '.[teacher]'
	$(BIN)/pip install -q --no-deps nequix==0.4.5

test-teacher: $(VENV)/.test teacher
	$(BIN)/pytest -m teacher

benchmark: $(VENV)/.test
	$(BIN)/pytest -m benchmark -s

# The site, from pages and from the program itself, warnings as errors; it lies in build/docs/site.
docs: $(VENV)/.core typing
	$(BIN)/pip install -q -e '.[docs]'
	$(BIN)/python workflows/docs/generated.py build/docs
	cd build/docs && $(abspath $(BIN))/zensical build --strict --clean -f mkdocs.yml

docs-open: docs
	$(PYTHON) -m webbrowser -t file://$(abspath build/docs/site/index.html)

# Scripts and notebooks of workflows/examples, each as a newcomer runs it.
examples: $(VENV)/.test
	$(BIN)/pip install -q -e '.[examples]'
	$(BIN)/pytest -m examples --durations=0

lint: $(VENV)/.test typing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .typing/nanokiln

# mypy sees the rooms under their package names through these links, whatever kind of install there is.
typing:
	mkdir -p .typing/nanokiln
	for room in $(ROOMS); do ln -sfn ../../$$room .typing/nanokiln/$$room; done

clean:
	rm -rf $(VENV) .typing build *.egg-info demo
