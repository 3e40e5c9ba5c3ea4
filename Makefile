.PHONY: help test race lint bench demo pictures pg release-dump
help: ## this help
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

test: ## every test, against a private PostgreSQL
	go test ./...

race: ## the same with the race detector
	go test -race ./...

lint: ## vet and golangci-lint (see .ci/run for its version)
	go vet ./...
	golangci-lint run

bench: ## the figures of docs/performance.md, a JSON line each (about 10 minutes)
	go run ./tools/bench

demo: ## 30 days of a simulated fleet, then it goes on
	go run ./cmd/syncer demo

pictures: ## those of README, of the demo in Chromium
	go run ./tools/pictures

PG ?= 18
pg: ## the tests that speak to a database, on another PostgreSQL: make pg PG=14
	.ci/pg $(PG)

release-dump: ## what tests keep of a release: make release-dump VERSION=v0.2.0
	go run ./tools/releasedump $(VERSION)
