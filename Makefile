# Everything a person or CI does with Recaller. `make help` lists it.

PYTHON := .venv/bin/python
# More for pytest, as in: make test PYTEST_FLAGS="tests/unit -x"
PYTEST_FLAGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test check format lint types imports migrations dependencies demo bench lock clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.venv/.installed: requirements.lock pyproject.toml tools/bootstrap
	@tools/bootstrap

run: .venv/.installed ## Install what is missing and start all of Recaller (PORT=3000, Ctrl-C ends it)
	@exec $(PYTHON) -m recaller.cli up

test: .venv/.installed ## Run all tests, on servers and a browser of their own
	@exec $(PYTHON) tools/run_tests.py $(PYTEST_FLAGS)

check: lint types imports migrations dependencies ## Run every static check

format: .venv/.installed ## Format the code and fix what can be fixed by itself
	@$(PYTHON) -m ruff format .
	@$(PYTHON) -m ruff check --fix .

lint: .venv/.installed ## Check style and formatting (ruff)
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .

types: .venv/.installed ## Check types (mypy, strict)
	@$(PYTHON) -m mypy

imports: .venv/.installed ## Check that modules import only what the design allows
	@.venv/bin/lint-imports --no-logo

migrations: .venv/.installed ## Check that migrations and models agree, on a real PostgreSQL
	@$(PYTHON) tools/check_migrations.py

dependencies: .venv/.installed ## Check that each dependency is declared and used
	@$(PYTHON) -m deptry .

demo: .venv/.installed ## Fill a demo household (start `make run` first to look at it)
	@exec $(PYTHON) -m recaller.cli demo

bench: .venv/.installed ## Measure, and write docs/performance.md
	@exec $(PYTHON) -m bench

lock: .venv/.installed ## Resolve the dependencies again into requirements.lock
	@.venv/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --group dev pyproject.toml -o requirements.lock --quiet --upgrade

clean: ## Remove what was installed and built (your data stays)
	@rm -rf .venv .web .reflex .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
