# Everything that is done with this repository, each by one word. `make help` lists them.
# A virtual environment in .venv is made from the package registries when it is first needed.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
STEWARD := $(BIN)/steward

# Processes that run tests side by side: one more than there are cores, as some wait for a clock or
# for a part beside them, but no more than four.
WORKERS ?= $(shell n=$$(nproc); echo $$((n < 4 ? n + 1 : 4)))

# Where the public data for `make bench` are.
DATA ?= ../shared/data

# Passed on to the demo: make demo RUNTIME=micropython HEADLESS=1
RUNTIME ?=
HEADLESS ?=
DEMO_OPTIONS := $(if $(RUNTIME),--runtime $(RUNTIME)) $(if $(HEADLESS),--headless)

# Of `make pi`: where the thing lives, and the folder of a system image if it is not this system.
PREFIX ?= /opt/steward
DESTDIR ?=
DRY_RUN ?=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test lint schedules sizes sizes-update heap
.PHONY: frozen products bench picture pi nightly ci clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(READY)  ## the whole story on this machine: a coffee machine, its desk and its suppliers
	$(STEWARD) demo $(DEMO_OPTIONS)

test: $(READY)  ## every test that fits into ten minutes, on CPython and MicroPython
	$(BIN)/pytest -n $(WORKERS) --dist worksteal

lint: $(READY)  ## ruff, the house's own tidy, types for CPython and for the ESP32
	$(BIN)/ruff check .
	$(BIN)/python tests/tidy.py
	$(BIN)/mypy
	$(BIN)/python tests/device_types.py

schedules: $(READY)  ## random and all small schedules against the invariants of money
	$(BIN)/python tests/schedules.py 2000
	$(BIN)/python tests/schedule_words.py 3 3
	$(BIN)/python tests/schedule_desk.py 60

sizes: $(READY)  ## bytes of .mpy per module of the agent, against what is allowed
	$(BIN)/python tests/sizes.py

sizes-update: $(READY)  ## write down what has become smaller, enter new modules
	$(BIN)/python tests/sizes.py --update

heap: $(READY)  ## the heap that the coffee machine takes on a 32-bit MicroPython (wants node, npm)
	$(BIN)/python -m sim.mpy.heap

frozen: $(READY)  ## a bare board provisioned on 32 bits, frozen (MICROPYTHON=its sources, cc -m32)
	$(BIN)/pytest tests/test_provision.py -k bare_board --micropython "$(MICROPYTHON)"

products: $(READY)  ## check every product and board description
	$(STEWARD) product check boards/products/*.toml boards/*.toml

bench: $(READY)  ## what the agent costs; detection and forecasts where the public data are
	$(STEWARD) bench cost
	$(STEWARD) bench device
	$(STEWARD) market study honest surging greedy
	@if [ -d $(DATA) ]; then set -ex; \
		$(STEWARD) bench nab $(DATA)/nab; \
		$(STEWARD) bench skab $(DATA)/skab; \
		$(STEWARD) bench life $(DATA)/cmapss/train_FD001.txt; \
		$(STEWARD) bench onset $(DATA)/bearing/ims_2nd.csv; \
		$(STEWARD) bench runout $(DATA)/coffee/transactions.csv; \
		$(STEWARD) bench reorder $(DATA)/coffee/transactions.csv; \
	else echo "no public data in $(DATA): detection and forecasts are not measured"; fi

picture: $(READY)  ## the pages' pictures in the documents, taken anew (wants Chromium)
	$(BIN)/python -m sim.demo.picture docs/page.png
	$(BIN)/python -m sim.demo.desk_picture docs/desk.png docs/desk_thing.png

pi:  ## on a Raspberry Pi, as root: the thing and its systemd unit (DRY_RUN=1 shows the steps)
	@$(PYTHON) -m firmware.image.pi_install --prefix "$(PREFIX)" --destdir "$(DESTDIR)" \
		$(if $(DRY_RUN),--dry-run)

nightly: $(READY)  ## the long searches: power cuts, sweeps over seeds, whole device lives
	HYPOTHESIS_PROFILE=random $(BIN)/pytest -n $(WORKERS) --dist worksteal -m nightly --timeout 0

ci: $(READY)  ## what must hold before a change lands
	@set -e; for step in lint test schedules sizes products 'demo HEADLESS=1'; do \
		printf '\n== make %s\n' "$$step"; $(MAKE) --no-print-directory $$step; \
	done

clean:  ## everything that can be made again
	rm -rf .venv build out node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -rf *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	touch $(READY)
