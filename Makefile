# Everything runs through uv, which this file brings along: nothing is installed outside the
# checkout. Another Python: `make PYTHON=python3.12 demo`.

PYTHON ?= python3
UV_VERSION := 0.13.9
UV := .uv/bin/uv
RUN := $(UV) run --no-sync
# One stamp a Python: asking for another one rebuilds .venv, and the old stamp goes with it.
READY := .venv/.ready-$(subst /,_,$(PYTHON))

# The Python found here, never one that uv downloads.
export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := .venv

.DEFAULT_GOAL := help
.PHONY: help setup demo test check fuzz chaos fmt bench endurance mutation clean

help: ## Say what there is to make.
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

setup: $(READY) ## Build .venv with every tool; checks the prerequisites first.

$(READY): pyproject.toml uv.lock
	@sh scripts/prerequisites.sh $(PYTHON)
	@$(UV) --version 2>/dev/null | grep -qF 'uv $(UV_VERSION)' || { \
		echo 'uv $(UV_VERSION) -> .uv' && \
		$(PYTHON) -m venv --clear .uv && \
		.uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION); }
	$(UV) sync --locked --python $(PYTHON) --group bench
	@touch $@

demo: setup ## One interview from signals to decision, offer and learning plan.
	@$(RUN) evenhand demo

check: setup ## The static half: style, types, floors, and the shipped content.
	$(RUN) ruff check
	$(RUN) ruff format --check
	$(RUN) mypy
	$(RUN) lint-imports --no-logo
	$(RUN) evenhand check
	$(RUN) evenhand test
	$(RUN) evenhand fmt --check
	$(RUN) evenhand schema --check

test: check ## All of it: the static half, then the tests with branch coverage.
	HYPOTHESIS_PROFILE=ci $(RUN) pytest -n 2 --dist worksteal --cov --cov-report=
	$(RUN) coverage report --include='engine/*' --fail-under=95
	@# The language server runs in a process of its own there, over real pipes: no trace of it comes back.
	$(RUN) coverage report --include='api/*' --omit='api/lsp.py' --fail-under=90

fuzz: setup ## Use 20,000 faulty documents, and call the API as often on each database: findings, never a traceback.
	$(RUN) python -m tests.fuzz 20000
	$(RUN) python -m tests.fuzz.api 20000

chaos: setup ## Kill the service 200 times on each database under load: is anything lost, or there twice?
	$(RUN) python -m tests.chaos 200

fmt: setup ## Tidy the code and the content.
	$(RUN) ruff check --fix
	$(RUN) ruff format
	$(RUN) evenhand fmt

bench: setup ## Measure.
	$(UV) run --locked --group bench python -m tests.benchmarks

endurance: setup ## Record a million decisions on each database: what does a question cost then?
	$(RUN) python -m tests.benchmarks.endurance

mutation: setup ## Change the language core in small ways: do the tests notice?
	$(UV) run --locked --group mutation mutmut run
	$(UV) run --locked --group mutation mutmut results

clean: ## Remove what the tools leave behind; the environments stay.
	rm -rf .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache \
		.ruff_cache build dist htmlcov mutants
	find . -name __pycache__ -not -path './.venv/*' -not -path './.uv/*' -prune -exec rm -rf {} +
