# Gatewright. "make" alone says what there is.

.DEFAULT_GOAL := help
SHELL := /bin/sh

export CGO_ENABLED := 0

# What the build calls itself. A tree without git history, such as an unpacked
# source archive, gives these on the command line.
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null | sed 's/^v//')
COMMIT  ?= $(shell git rev-parse HEAD 2>/dev/null)$(shell git diff --quiet HEAD 2>/dev/null || echo -dirty)
DATE    ?= $(shell TZ=UTC0 git log -1 --format=%cd --date=format-local:%Y-%m-%dT%H:%M:%SZ 2>/dev/null)

INFO    := github.com/gatewright/gatewright/internal/buildinfo
LDFLAGS := -s -w -X $(INFO).version=$(VERSION) -X $(INFO).commit=$(COMMIT) -X $(INFO).date=$(DATE)
# The same source and the same Go make the same bytes, wherever they are built.
BUILD   := go build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)'

PLATFORMS ?= linux/amd64 linux/arm64 darwin/amd64 darwin/arm64

TOOLS         := $(CURDIR)/.tools
LINT_VERSION  := v2.15.0
LINT          := $(TOOLS)/golangci-lint-$(LINT_VERSION)
# "make check" has vetted the tests already when it runs them.
TEST          := go test -vet=off
# The race detector needs cgo, and so a C compiler. It makes everything many
# times slower, so the long tests are left to "make test", and SQLite, C that was
# translated to Go, is left out: it is not our code, and would be most of the work.
RACE          := CGO_ENABLED=1 $(TEST) -race -short -gcflags='modernc.org/...=-race=false'

FUZZTIME ?= 30s
# How much "make soak" does; a few hundred of each is part of "make test".
KILLS    ?= 5000
CHANGES  ?= 20000
# The end-to-end tests take minutes, under the race detector and on a small
# machine many.
TIMEOUT  := -timeout 40m

.PHONY: help
help: ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/gatewright
	$(BUILD) -o bin/gatewright ./cmd/gatewright

.PHONY: run
run: build ## build, then run everything in one process (ARGS="--listen 127.0.0.1:18080" …)
	exec ./bin/gatewright dev $(ARGS)

.PHONY: test
test: ## run all tests, with what they need from the system where it can be had
	./script/apt-deps
	GATEWRIGHT_REQUIRE_POSTGRES=1 $(TEST) $(TIMEOUT) ./...

.PHONY: check
check: format vet lint arch ## what must be clean before a commit: format, vet, lint, directions, tests with the race detector
	$(RACE) $(TIMEOUT) ./...

.PHONY: format
format:
	@unformatted=$$(gofmt -l $$(git ls-files --cached --others --exclude-standard '*.go')); \
	if [ -n "$$unformatted" ]; then echo "not formatted, run gofmt -w on:"; echo "$$unformatted"; exit 1; fi

.PHONY: vet
vet:
	go vet ./...

.PHONY: lint
lint: $(LINT)
	$(LINT) run ./...

.PHONY: arch
arch:
	go test -count=1 ./internal/testkit

$(LINT):
	GOBIN=$(TOOLS)/build GOFLAGS= go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)
	mv $(TOOLS)/build/golangci-lint $@

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME each
	@set -e; for file in $$(grep -rl --include='*_test.go' '^func Fuzz' .); do \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/p' $$file); do \
			echo "$$target in $$(dirname $$file)"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$(dirname $$file); \
		done; \
	done

.PHONY: soak
soak: ## run the kill and zero-downtime tests for hours (KILLS=…, CHANGES=…)
	./script/apt-deps
	GATEWRIGHT_REQUIRE_POSTGRES=1 GATEWRIGHT_KILLS=$(KILLS) GATEWRIGHT_CHANGES=$(CHANGES) \
		go test -count=1 -timeout 0 -v -run '^(TestKill|TestKillReplicas|TestZeroDowntime)$$' ./e2e

.PHONY: bench
bench: ## measure against other proxies and write the tables of docs/benchmarks.md
	go run ./bench -write docs/benchmarks.md

.PHONY: microbench
microbench: ## run every benchmark of the packages, with allocations
	go test -run '^$$' -bench . -benchmem ./...

.PHONY: dist
dist: ## build for every platform, with manual pages and checksums, into dist
	rm -rf dist
	mkdir -p dist
	set -e; for platform in $(PLATFORMS); do \
		GOOS=$${platform%/*} GOARCH=$${platform#*/} $(BUILD) -o dist/gatewright-$${platform%/*}-$${platform#*/} ./cmd/gatewright; \
	done
	go run -trimpath -buildvcs=false -ldflags '$(LDFLAGS)' ./cmd/gatewright man dist/man
	cd dist && sha256sum gatewright-* > SHA256SUMS

.PHONY: clean
clean: ## remove what was built; the data of "gatewright dev" stays
	rm -rf bin dist
	go clean -testcache
