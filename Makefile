# Everything a person or CI does. Each target installs what it needs and is missing.
# Builds go to a place outside the checkout, so that a second clone does not compile RocksDB again.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/countersign/target
BIN := $(CARGO_TARGET_DIR)/release
SHIPPED := provenance counter certification coldchain credentials escrow
MODULES := $(SHIPPED:%=$(CARGO_TARGET_DIR)/contracts/countersign_%.wasm)
CONTRACTS := $(SHIPPED:%=contracts/%) tests/offer tests/shelf
IMAGE ?= countersign
TOOLS := $(CARGO_TARGET_DIR)/tools

.PHONY: page demo test lint deny bench bench-ledger bench-traces bench-captures instructions build contracts setup setup-tests image compose-test sim mutants model fuzz help

help: ## This list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/'

demo: build contracts ## Four validators, real EPCIS documents, a proof checked offline (KEEP=1 leaves them running, FILES="a.json b.json" captures yours)
	$(BIN)/demo $(if $(KEEP),--keep) $(FILES)

test: setup-tests build contracts page ## All tests that need no Docker
	cargo test --release --workspace
	cargo test --release -p countersign-model --features search

lint: setup ## Formatting and lints
	cargo fmt --all --check
	cargo clippy --release --workspace --all-targets -- -D warnings
	cargo clippy --release -p countersign-model --features search --all-targets -- -D warnings
	cargo clippy --release --manifest-path tests/fuzz/Cargo.toml --no-default-features -- -D warnings

deny: setup ## Licences, bans and sources of the dependencies; advisories where their database answers
	@command -v cargo-deny >/dev/null || test -x $(TOOLS)/bin/cargo-deny || { echo "deny: compiling cargo-deny"; \
		CARGO_TARGET_DIR=$(TOOLS) cargo install --quiet --locked --root $(TOOLS) cargo-deny; }
	PATH="$(TOOLS)/bin:$$PATH" cargo deny --all-features check licenses bans sources
	PATH="$(TOOLS)/bin:$$PATH" cargo deny --manifest-path tests/fuzz/Cargo.toml --config $(CURDIR)/deny.toml check licenses bans sources
	@export PATH="$(TOOLS)/bin:$$PATH"; if timeout 60 cargo deny fetch db >/dev/null 2>&1; \
		then cargo deny --all-features check --disable-fetch advisories; \
		else echo "ADVISORIES NOT CHECKED: their database does not answer" >&2; fi

bench: build contracts ## Load against a network of its own, then the benches of the crates
	$(BIN)/bench $(BENCH)

bench-ledger: build contracts ## A ledger of a million events, and questions about items of it: make bench-ledger BENCH="--events 1000000"
	$(BIN)/ledger $(BENCH)

bench-traces: build contracts ## Recall, traces and histories in ledgers of all industries, beside PostgreSQL: make bench-traces BENCH="--events 100000,1000000"
	$(BIN)/traces $(BENCH)

bench-captures: build contracts ## Events of each industry that four validators capture in a second: make bench-captures BENCH="--profile food --batch 100"
	$(BIN)/captures $(BENCH)

instructions: setup-tests build contracts ## Instructions of the processor that calls of contracts take, beside the stored counts: make instructions INSTRUCTIONS=--update
	$(BIN)/instructions $(or $(INSTRUCTIONS),--check)

sim: build contracts ## More seeds of the simulation: make sim SEEDS=0..2000 PROFILE=quick
	cargo run --release -p countersign-tests --bin sim -- --seeds $(or $(SEEDS),0..1000) --profile $(or $(PROFILE),ci)

mutants: contracts ## Whether the simulator finds planted bugs: make mutants SEEDS=1000 NAMES="quorum-less-one"
	cargo build --release --workspace --features countersign-tests/mutations --bin mutants
	$(BIN)/mutants --seeds $(or $(SEEDS),1000) $(NAMES)

model: setup ## The consensus protocol searched for a state that breaks agreement: make model VIEWS="4 3"
	cargo run --release -p countersign-model --features search --bin model -- $(or $(VIEWS),4 2)

fuzz: build ## Each fuzz target for a time, with nightly Rust: make fuzz SECONDS=60 TARGETS="engine message"
	@cargo fuzz --version >/dev/null 2>&1 || cargo install cargo-fuzz --locked
	@targets="$$($(BIN)/fuzz-seeds tests/fuzz/corpus)"; for target in $${TARGETS:-$$targets}; do \
		CARGO_TARGET_DIR=$(CARGO_TARGET_DIR)-fuzz cargo +nightly fuzz run --fuzz-dir tests/fuzz $$target -- \
			-max_total_time=$(or $(SECONDS),60) -max_len=65536 -timeout=20 || exit 1; \
	done

image: contracts ## Docker image of what is built here; `docker compose up` alone compiles it in a container
	@rm -rf node/ops/bin
	@install -D -t node/ops/bin $(BIN)/countersignd $(BIN)/countersign
	@install -D -m 644 -t node/ops/bin/contracts $(MODULES)
	docker build -q -f node/ops/Dockerfile -t $(IMAGE) --build-arg BUILDER=debian:bookworm-slim --build-arg BINARIES=node/ops/bin .

compose-test: ## docker compose: capture, trace, cut a validator off and heal it
	@if docker info >/dev/null 2>&1; then \
		$(MAKE) image IMAGE=countersign:test && \
		COUNTERSIGN_IMAGE=countersign:test cargo test --release --workspace --test compose -- --ignored --nocapture; \
	else \
		echo "COMPOSE TEST SKIPPED: no Docker engine answers; as root, node/ops/docker.sh sets one up" >&2; \
	fi

build: setup
	cargo build --release --workspace --bins

contracts: build
	for contract in $(CONTRACTS); do $(BIN)/countersign contract build $$contract || exit 1; done

page: build ## The page that checks proof files in a browser, as one file: verify.html beside the contracts' modules
	$(BIN)/countersign proof page sdk/verify-page

setup:
	@node/ops/setup.sh

setup-tests:
	@node/ops/setup.sh tests
