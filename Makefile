# Tandem. `make help` lists the targets.

SHELL := /bin/bash
GO    ?= go
DATA  ?= $(CURDIR)/var/data

.DEFAULT_GOAL := help

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.PHONY: deps
deps: assets ## Install what running needs: Postgres binaries and page assets
	@scripts/install-postgres.sh

.PHONY: assets
assets:
	@scripts/build-assets.sh

.PHONY: deps-test
deps-test: deps ## Install what the tests need beside that: Chromium, Python, zsh, Redis, Celery
	@scripts/install-chromium.sh
	@scripts/install-python.sh
	@scripts/install-zsh.sh
	@scripts/install-redis.sh
	@scripts/install-celery.sh

.PHONY: generate
generate: ## Generate the Go code of the pages
	@$(GO) tool templ generate -log-level error

.PHONY: build
build: deps ## Build bin/tandem
	@$(GO) build -o bin/tandem ./cmd/web

.PHONY: run
run: build ## Build and start Tandem with the demo and its own Postgres
	@TANDEM_DATA_DIR="$${TANDEM_DATA_DIR:-$(DATA)}" exec ./bin/tandem serve --demo

.PHONY: dev
dev: ## Rebuild and restart whenever a page, a style or Go code changes
	@scripts/dev.sh

.PHONY: verify
verify: ## Check formatting, generated code and go.mod
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "not formatted:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	@$(GO) mod tidy -diff
	@cd examples/embed && $(GO) mod tidy -diff
	@scripts/check-generated.sh

# With -race both read the packages as the tests need them: nothing is compiled twice.
.PHONY: lint
lint: assets ## go vet and staticcheck
	@$(GO) vet -race ./...
	@tool=$$($(GO) tool -n staticcheck) && GOFLAGS="$$($(GO) env GOFLAGS) -race" $$tool ./...

# What the tests need is installed while the code is checked. go vet has seen the
# tests, and nobody debugs them: both would cost a minute.
.PHONY: test
test: ## Run every test, with the race detector, a real Postgres and a real browser
	@$(MAKE) --no-print-directory -j 3 deps-test verify lint
	@$(GO) test -race -vet=off -ldflags=-w -timeout 40m ./...

.PHONY: bench
bench: build ## Measure the engine beside pgbench on the same database
	@./bin/tandem bench $(BENCH)

.PHONY: chaos
chaos: deps ## Kill, stop and cut off pairs of processes, then judge what they wrote
	@$(GO) run ./scripts/chaos $(CHAOS)

.PHONY: races
races: deps ## Have 100,000 decisions raced, each by two
	@$(GO) run ./scripts/chaos -races 100000

.PHONY: screenshots
screenshots: deps-test ## Photograph every page of a running demo into docs/screenshots
	@$(GO) run ./scripts/screenshots
