# The project's commands. Each does all the set-up it needs and is quick the second time.

PREFIX ?= /usr/local
JOBS ?= $(shell nproc)
TEST_JOBS ?= 2
# Workloads of `make bench` to run alone; `build/release/bin/mosaico-bench --list` names them.
export WORKLOADS ?=
export KILLS ?= 500
SECONDS ?= 300
GIB ?= 20
export TARGETS ?=
# Tables that the demo records besides its drive: TABLES='gyro=gyro.csv gps=gps.parquet'.
export TABLES ?=
# A folder of real flights, for the tests that replay one; where there is none they skip.
export MOSAICO_FLIGHT_DATA ?= $(abspath $(wildcard ../shared/data/px4_flight))

configure = @mkdir -p build && cmake --preset $(1) > build/$(1).log 2>&1 || { cat build/$(1).log; exit 1; }

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup demo test bench crash memory fuzz check format install release sanitize release-tests clean

help: ## say what can be made
	@sed -nE 's/^([a-z-]+):.*## (.*)/make \1 \2/p' Makefile | \
	  while read -r make target text; do printf '  make %-9s %s\n' "$$target" "$$text"; done

demo: setup ## record, inspect, replay and query a drive; TABLES='name=file …' adds your own
	$(call configure,release)
	@cmake --build --preset release --parallel $(JOBS) --target mosaicod mosaico_tool example_drive
	@tools/demo

test: sanitize release-tests ## build with sanitizers and run every test
	@ctest --preset sanitize --parallel $(TEST_JOBS)
	@python3 tests/peers/print_counts.py build/sanitize/tests/peers/counts

bench: setup ## measure and write docs/performance.md; WORKLOADS='name …' prints only those
	$(call configure,release)
	@cmake --build --preset release --parallel $(JOBS) --target mosaico_bench mosaicod mosaico_tool
	@tools/bench

crash: sanitize ## kill recorders and servers and look for lost rows; KILLS=500
	@tools/crash

memory: release-tests ## record and read GIB=20 through a server under a hard limit of memory
	@MOSAICO_TEST_BIN_DIR="$(CURDIR)/build/release/bin" \
	  MOSAICO_MEMORY_RUN_BYTES=$$(($(GIB) << 30)) build/release/bin/test_release --gtest_filter='MemoryRun.*'

fuzz: setup ## fuzz the parsers with clang; SECONDS=300 a target, TARGETS='name …'
	@tools/setup clang-16 libclang-rt-16-dev llvm-16
	$(call configure,fuzz)
	@cmake --build --preset fuzz --parallel $(JOBS)
	@FUZZ_SECONDS=$(SECONDS) tools/fuzz

check: setup ## look at the code without running it: format, sizes, layers, tidy
	@tools/check

format: setup ## rewrite the sources to the format
	@tools/check --fix

install: release ## install the release build; PREFIX=/usr/local
	@cmake --install build/release --prefix "$(PREFIX)"

setup: ## install the packages that the build needs
	@tools/setup

release: setup ## make the release build, build/release/bin
	$(call configure,release)
	@cmake --build --preset release --parallel $(JOBS)

sanitize: setup ## make the build with ASan and UBSan, build/sanitize/bin
	$(call configure,sanitize)
	@cmake --build --preset sanitize --parallel $(JOBS)

# What the release-only tests need of the release build; also, each public header compiled alone.
release-tests: setup
	$(call configure,release)
	@cmake --build --preset release --parallel $(JOBS) \
	  --target release_tests all_verify_interface_header_sets

clean: ## remove the builds; what was fetched stays
	@rm -rf build/release build/sanitize build/debug build/tsan build/check build/fuzz
