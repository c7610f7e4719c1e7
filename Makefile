# What a person does with this project. `make` alone lists it.

PAYMENTS ?= 5000
WORKERS ?= 2
SECONDS ?= 60
BIN := .venv/bin

.PHONY: help setup check test crash promises fuzz demo down bench lock

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Make .venv, with every locked dependency and the ims command
	@deploy/setup.sh

check: setup ## Rules of the house, types, imports, schemas: seconds, no servers
	$(BIN)/ruff check
	$(BIN)/mypy contracts/messages kit services deploy/local
	$(BIN)/lint-imports
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec deploy/compose.yaml
	$(BIN)/pytest tests/contracts tests/test_tidy.py tests/test_docs.py

test: setup ## Every test, on a real Kafka and a real PostgreSQL; shared out to two processes, each with servers of its own (WORKERS=0: one)
	$(BIN)/pytest tests -n $(WORKERS) --dist loadgroup --no-loadscope-reorder

crash: setup ## Kill every service 20 times, and the servers, during 20,000 payments; then count to the penny
	IMS_CRASH_PAYMENTS=20000 IMS_CRASH_KILLS=20 $(BIN)/pytest -s tests/journeys/test_crash.py

promises: setup ## Hold SERVICE=allocation, as IMS_PROMISES_ALLOCATION starts it (none: ours), to what every service promises
	$(BIN)/pytest tests/promises -k $(or $(SERVICE),promises)

demo: setup ## A council's day, end to end, and PAYMENTS=5000 more payments; leaves the system running
	$(BIN)/ims demo --payments $(PAYMENTS)

down: setup ## End what the demo left running
	$(BIN)/ims down

bench: setup ## Measure, beside the raw limits of this machine
	$(BIN)/ims bench

fuzz: setup ## Fuzz each reader of files for SECONDS=60, guided by coverage; what breaks one is left in .fuzz
	deploy/fuzz.sh $(SECONDS)

lock: setup ## Write requirements.lock anew from every pyproject.toml
	deploy/lock.sh
