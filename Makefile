# One command per intention, the same by hand and in CI. PY is the environment that the README's second line makes.
PY ?= .venv/bin/python
CELL ?= echo hello | wc -c

.PHONY: check test live browser bench try examples

check: ## style, types, the reading order
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -c "from importlinter.cli import lint_imports_command as lint; lint()"

test: ## everything that needs neither a model nor a browser
	$(PY) -m pytest

live: ## the embedded model, fetched if it is not here
	$(PY) -m pytest -n 0 -m live

browser: ## JupyterLab in headless Chromium (extra `browser`)
	$(PY) -m pytest -n 0 -m browser

bench: ## measure all that needs no model and write docs/benchmarks.md; bash's tools where CASES names a corpus
	missed=; for one in bench bench.exact bench.jobs bench.store bench.crash bench.memory bench.recall bench.replay \
		$(if $(CASES),"bench.fidelity_shell $(CASES)") bench.fidelity_gpu bench.causes bench.shapes; do \
		$(PY) -m $$one || missed="$$missed $$one"; done; [ -z "$$missed" ] || { echo "missed:$$missed"; exit 1; }

try: ## what a cell is read as, what it gives and what it changes: make try CELL='ls | wc -l'
	@$(PY) -m llm_kernel try '$(subst ','\'',$(CELL))'

examples: ## execute the examples anew with the embedded model, and record new tapes
	set -e; for book in examples/*.ipynb; do LLM_KERNEL_BACKEND=local $(PY) -m llm_kernel record --allow-errors "$$book"; done
