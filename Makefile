.DEFAULT_GOAL := help
.PHONY: help oracle setup demo deploy-drill restore-drill test check up down status clean distclean openapi lock prove bench mutate record tencent api
export PYTHONPATH := .:layers/shop
LOCAL := .venv-run/bin/python -m scripts.local

help: ## say what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: ## make all environments; the other targets make those they need
	@scripts/setup cloud dev run scan

demo: ## open a local shop, buy from it in nine journeys, stop it again
	@scripts/setup cloud run
	@$(LOCAL) --profile demo run -- .venv-run/bin/python -m scripts.demo

deploy-drill: ## deploy, update and delete a clean clone on the local cloud, by the README's lines
	@scripts/setup cloud run
	@.venv-run/bin/python -m scripts.drills.deployment

restore-drill: ## lose a shop's table on the local cloud, and bring the shop back from a backup
	@scripts/setup cloud dev run
	@.venv/bin/python -m scripts.drills.restore

test: ## run all tests
	@scripts/setup dev
	@.venv/bin/python -m pytest -n 2 $(ARGS)

check: ## format, lint, strict types, dependency rule, template, scanners, tests
	@scripts/setup cloud dev scan
	@scripts/check

up: ## open the local shop and leave it open
	@scripts/setup cloud run
	@$(LOCAL) up

down: ## close the local shop; its state is kept
	@scripts/setup run
	@$(LOCAL) down

status: ## say how to reach the local shop
	@scripts/setup run
	@$(LOCAL) status

clean: ## close the local shop, forget its state and everything built
	@if [ -x .venv-run/bin/python ]; then \
	  for profile in local demo deploy-drill restore-drill; do $(LOCAL) --profile $$profile clean; done; fi
	@rm -rf build .aws-sam

distclean: clean ## also remove the environments
	@rm -rf .venv .venv-run .venv-cloud .venv-scan .mypy_cache .ruff_cache .pytest_cache .hypothesis

openapi: ## write the interface document from the code
	@scripts/setup dev
	@.venv/bin/python -m scripts.openapi

lock: ## renew the lock files; ARGS=--upgrade takes newer versions
	@scripts/lock $(ARGS)

oracle: ## install the npm package that judges our WeChat Pay client, and ask it
	@cd tests/oracle/node && npm ci --ignore-scripts --loglevel=error
	@.venv/bin/python -m pytest tests/oracle $(ARGS)

prove: ## the reliability scorecard; ROWS=R1,R5 JOBS=2 QUICK=1
	@scripts/setup dev
	@.venv/bin/python -m tests.proving.prove

bench: ## the cost and speed scorecard; ROWS=... QUICK=1
	@scripts/setup dev
	@.venv/bin/python -m tests.proving.bench

tencent: ## package the functions for Tencent Cloud; ARGS="--environment FILE"
	@scripts/setup dev
	@.venv/bin/python -m scripts.tencent $(ARGS)

mutate: ## mutation scores of money, stock, auth, the domain, and a sample of the rest; GROUP=stock
	@scripts/setup dev
	@.venv/bin/python -m scripts.mutation

record: ## write down anew what deeds ask, write, answer and say; ARGS="steps bills"
	@scripts/setup dev
	@.venv/bin/python -m tests.recorded $(ARGS)

api: ## read the interface document in a browser; ARGS="--port N"
	@scripts/setup dev
	@.venv/bin/python -m scripts.openapi.page $(ARGS)
