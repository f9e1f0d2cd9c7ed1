# The commands of the project. Each does all the set-up it needs.

PREFIX ?= /usr/local
JOBS ?= $(shell nproc)
TABLES ?=
# Real flights that some tests and the demo use where they are found.
export MOSAICO_FLIGHT_DATA ?= $(abspath $(wildcard ../shared/data/px4_flight))
export TABLES

.DEFAULT_GOAL := help
.PHONY: help setup demo test bench check format install release sanitize clean

help: ## what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 12

setup: ## install what the build needs (through apt)
	@tools/setup

release: setup ## the release build: build/release/bin
	@cmake --preset release > /dev/null
	@cmake --build --preset release -j $(JOBS)

sanitize: setup ## the build with ASan and UBSan: build/sanitize/bin
	@cmake --preset sanitize > /dev/null
	@cmake --build --preset sanitize -j $(JOBS)

install: release ## install the release build; PREFIX=/usr/local
	@cmake --install build/release --prefix "$(PREFIX)"

clean: ## remove the build trees; fetched dependencies stay
	@rm -rf build/release build/sanitize build/debug build/tsan
