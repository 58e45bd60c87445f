# Everything that a newcomer needs: make run, make test. The rest is for those who work on it.
.DEFAULT_GOAL := help
GO ?= go
export CGO_ENABLED ?= 0
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
PREFIX  ?= /usr/local
DESTDIR ?=
YEARS_DATA ?= /tmp/xinmoi-years

.PHONY: help run build test test-vm check fmt fuzz random bench bench-slow years cross install clean test-power

help: ## what can be made
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## a whole hall with simulated devices; says which page to open
	@bin/xinmoi demo

build: ## bin/xinmoi
	@echo "building bin/xinmoi (the first time takes a minute or two) …"
	@$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/xinmoi ./cmd/xinmoi

test: ## every test, browser tests included; installs what they need when root
	@GO='$(GO)' ./cmd/internal/testall.sh

test-power: ## power cuts at random moments under ext4 and xfs, and planted bugs that must be caught; root, about 4 minutes
	@GO='$(GO)' ./cmd/internal/testpower.sh

test-vm: ## the devices behind a real kernel's drivers, in a virtual machine (Debian; 1 to 3 minutes)
	@GO='$(GO)' ./cmd/internal/testvm.sh

check: fmt ## test, and gofmt, vet, staticcheck, tsc and Biome where npm is present
	@$(GO) vet ./...
	@$(GO) vet -tags power ./store/...
	@$(GO) tool staticcheck ./...
	@GO='$(GO)' ./cmd/internal/checkweb.sh
	@$(MAKE) --no-print-directory test

fmt:
	@out=$$(gofmt -l cmd kiosk counter display printer store assets); \
	if [ -n "$$out" ]; then echo "gofmt would change these; run: gofmt -w"; echo "$$out"; exit 1; fi

fuzz: ## each parser for 30 s
	@GO='$(GO)' ./cmd/internal/fuzzall.sh $(FUZZTIME)

random: ## a million random commands against the naive model; STEPS=n for another number
	@$(GO) test ./store/queue -run '^TestRandom$$' -count=1 -v -timeout 3h -steps $(or $(STEPS),1000000)

bench: ## the figures of store/DESIGN.md, with the floors measured in the same run
	@$(GO) run ./cmd/internal/bench

bench-slow: ## a press to the last of 50 boards with a disk whose flush takes 5 ms; root
	@$(GO) run ./cmd/internal/slowdisk -flush 5ms -- \
	$(GO) test ./cmd/xinmoi -run '^$$' -bench PressOnASlowDisk -benchtime 10s -count 5

years: ## the figures of a book of ten years, simulated in YEARS_DATA (3 GB, some minutes; it stays there)
	@$(GO) run ./cmd/internal/bench -years 10 -data '$(YEARS_DATA)'

cross: ## static binaries for amd64, arm64 and armv7, and the agent for Windows, into dist/
	@for t in amd64 arm64 arm; do echo "dist/xinmoi-linux-$$t"; \
	CGO_ENABLED=0 GOOS=linux GOARCH=$$t GOARM=7 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o dist/xinmoi-linux-$$t ./cmd/xinmoi || exit 1; done
	@echo "dist/xinmoi-agent-windows-amd64.exe (built, never run)"
	@CGO_ENABLED=0 GOOS=windows GOARCH=amd64 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o dist/xinmoi-agent-windows-amd64.exe ./cmd/xinmoi-agent

install: build ## binary, systemd unit and data folder on this Debian machine (as root)
	@PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' ./cmd/internal/install.sh

clean: ## remove what was built
	rm -rf bin dist
