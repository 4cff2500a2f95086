# These targets call CMake, which works alone as well; each says what it runs.
# JOBS=n: another number of compilers at once.

JOBS ?= $(shell nproc 2>/dev/null || echo 2)
PREFIX ?= /usr/local
CLANG_FORMAT ?= clang-format-14
FORMAT ?= -i
BUILD := build
# Real recordings that the demo scores its networks on as well, where there are any.
DATA ?= $(wildcard ../shared/data/challenge)

.DEFAULT_GOAL := build
.PHONY: build demo check install asan ubsan tsan bench format fuzz torture clean help

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/:/' | column -t -s: | sed 's/^/  make /'

build: ## install what is missing, then leave a release binary at build/leadwise
	@tools/setup.sh
	@mkdir -p $(BUILD)
	@cmake -S . --preset release >$(BUILD)/configure.log 2>&1 || { cat $(BUILD)/configure.log; exit 1; }
	@cmake --build $(BUILD) -j $(JOBS) --target product
	@echo "ready: $(BUILD)/leadwise"

demo: build ## the built-in model on a synthetic recording, then training on such (DATA=dir scores real ones too): demo/report.html
	@$(BUILD)/leadwise synth -o demo/example -n 2 --kinds AF --rate 500 --duration 10 --seed 5 -q
	@$(BUILD)/leadwise predict demo/example/S00001.hea
	@$(BUILD)/leadwise demo -o demo --record demo/example/S00001.hea $(if $(DATA),--data $(DATA))
	@test -s demo/report.html && echo "see demo/report.html"

check: ## build everything, run every test and check; ends "N passed, N failed, N skipped"
	@tools/setup.sh --check
	@$(MAKE) --no-print-directory build
	@cmake --build $(BUILD) -j $(JOBS)
	@tools/run_tests.sh $(BUILD)

install: build ## library, headers, program and man pages below PREFIX
	@cmake --install $(BUILD) --prefix $(PREFIX)
	@[ -n "$(DESTDIR)" ] || ldconfig 2>/dev/null || true # or programs linked with it would not find it

asan: ## the tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@tools/setup.sh
	@cmake -S . --preset asan >/dev/null && cmake --build build-asan -j $(JOBS)
	@tools/run_tests.sh build-asan

ubsan: ## the tests under UndefinedBehaviorSanitizer alone
	@tools/setup.sh
	@cmake -S . --preset ubsan >/dev/null && cmake --build build-ubsan -j $(JOBS)
	@tools/run_tests.sh build-ubsan

tsan: ## the tests under ThreadSanitizer (Clang, whose OpenMP it understands)
	@tools/setup.sh --ci
	@cmake -S . --preset tsan >/dev/null && cmake --build build-tsan -j $(JOBS)
	@TSAN_OPTIONS="ignore_noninstrumented_modules=1 $$TSAN_OPTIONS" tools/run_tests.sh build-tsan

fuzz: ## every reader under libFuzzer for FUZZ_SECONDS (60) each (fuzz/README.md)
	@tools/setup.sh --ci
	@tools/fuzz.sh $(or $(FUZZ_SECONDS),60)

torture: build ## calls of the program fail, one after the other (TIER=short, medium or long)
	@cmake --build $(BUILD) -j $(JOBS) --target fail_nth
	@tests/torture/torture.py $(BUILD)/leadwise $(BUILD)/tests/fail_nth.so --tier $(or $(TIER),long) --jobs $(JOBS)

bench: build ## how fast training, prediction and preparation are here
	@for what in train predict prepare layers; do $(BUILD)/leadwise bench $$what || exit 1; done

format: ## clang-format over every C file; with FORMAT="--dry-run -Werror" it only refuses what it would change
	@find cli examples fuzz include lab src tests -name '*.[ch]' -print0 | xargs -0 $(CLANG_FORMAT) $(FORMAT)

clean: ## remove what was built
	@rm -rf build build-asan build-ubsan build-tsan build-clang build-fuzz build-gcc demo
