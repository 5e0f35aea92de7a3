# s2studio: `make help` says what there is. Each target works on a fresh machine with Python 3.11, git, make and gcc.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
# On Linux, PyPI's torch brings CUDA along; TORCH_FROM="--index-url https://download.pytorch.org/whl/cpu" avoids it.
TORCH ?= torch==2.13.0
TORCH_FROM ?=
# `make bench RECORD=--record` keeps the ratios in benchmarks/recorded.yaml.
RECORD ?=
# As many test processes as processors, a file to each; WORKERS=0 runs all in one.
WORKERS ?= auto

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
INSTALLED := $(VENV)/.installed
TOOLS := $(VENV)/.tools

.DEFAULT_GOAL := help
.PHONY: help run test tour pictures fuzz check bench bench-record bench-peers roofline anchors clean

help: ## say what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST)

run: $(INSTALLED) ## do the main job on a sample project and print what it found
	@$(BIN)/s2studio demo

test: $(TOOLS) ## run every test
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

tour: $(TOOLS) ## walk through the window with real mouse and keys; screenshots go to build/tour
	@bash .ci/qt-libraries tour
	@$(BIN)/python -m tests.gui.tour

pictures: $(TOOLS) ## make the pictures of panels and commands in docs/images anew
	@$(BIN)/python -m tests.gui.pictures
	@$(BIN)/python -m tests.cli.pictures

fuzz: $(TOOLS) ## read 20 times as many mutated files as the tests do
	@S2STUDIO_FUZZ=20 $(BIN)/python -m pytest -s tests/fuzz

check: $(TOOLS) ## formatting, lint, types and the one direction of imports
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(TOOLS) ## speed, as ratios against a plain NumPy loop in the same run; sessions, evaluation, deep networks
	@$(BIN)/python benchmarks/simulation.py $(RECORD)
	@$(BIN)/python benchmarks/compat.py $(RECORD)
	@$(BIN)/python benchmarks/sessions.py $(RECORD)
	@$(BIN)/python benchmarks/long_runs.py $(RECORD)
	@$(BIN)/python benchmarks/evaluation.py $(RECORD)
	@$(BIN)/python benchmarks/mapping.py $(RECORD)
	@$(BIN)/python benchmarks/memory.py
	@$(BIN)/python benchmarks/deep_networks.py $(RECORD)
	@if command -v Xvfb >/dev/null; then $(BIN)/python -m benchmarks.drawing $(RECORD); else echo "no Xvfb here: the window is not measured"; fi

bench-record: ## the same on a quiet machine, and what it finds is what the next `make bench` is compared with
	@rm -f benchmarks/recorded.yaml
	@$(MAKE) bench RECORD=--record

bench-peers: $(TOOLS) ## speed beside Brian2, NEST, SANA-FE, torch, sinabs and snnTorch; writes docs/performance.md
	@TORCH_FROM='$(TORCH_FROM)' $(BIN)/python benchmarks/bench_peers.py --report docs/performance.md

roofline: $(TOOLS) ## what this machine allows, and the share of it that each workload reaches
	@$(BIN)/python benchmarks/roofline.py

anchors: $(INSTALLED) ## the published figures beside the model's, the feasible cycle costs, and leave-one-out errors
	@$(BIN)/python benchmarks/feasible_costs.py
	@$(BIN)/python benchmarks/layer_anchors.py

clean: ## remove what builds, tests and linters leave behind (not .venv)
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

$(BIN)/python:
	@bash .ci/make-venv '$(PYTHON)' $(VENV)

# torch goes first, so that nothing else decides its version.
$(INSTALLED): pyproject.toml s2studio/version.py | $(BIN)/python
	@bash .ci/qt-libraries
	@echo 'Installing $(TORCH) and s2studio into $(VENV): the first time takes a few minutes ...'
	@$(PIP) install $(TORCH_FROM) '$(TORCH)'
	@$(PIP) install --editable '.[all]'
	@$(BIN)/python -m compileall -q s2studio
	@touch $@

$(TOOLS): $(INSTALLED)
	@echo 'Installing the test tools ...'
	@$(PIP) install --editable '.[all,test]'
	@touch $@
