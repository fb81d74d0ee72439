# Every task of a developer or user. CI calls these targets and nothing else, and
# each target sets up what it needs. `make` alone lists them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
# One target at a time: the steps share node_modules, and go and vitest run their
# own work in parallel.
.NOTPARALLEL:
.DEFAULT_GOAL := help

# How much the tests do. `make check` and `make soak` raise these. MARU_SEED=N
# repeats a run whose seed was printed.
export MARU_CRASH_ROUNDS ?= 5
export MARU_MODEL_HISTORIES ?= 500
export MARU_STORIES ?= one
export MARU_CROWDS ?= 1
export MARU_FAULTS ?= some
export MARU_OUTAGES ?= some

# Tools have a module of their own, so that their dependencies stay out of go.mod.
TOOL := go tool -modfile=tools/go.mod

# The stories share one DynamoDB Local. The Go packages start one each, because it
# writes on one thread and two packages are tested at a time.
BESIDE_DYNAMODB := go run ./e2e/besidedynamodb

# lambda.norpc leaves out what only the old Go runtime needed.
LAMBDA_FLAGS := -tags lambda.norpc -trimpath -ldflags='-s -w'

PAGE := web/dist/index.html
PAGE_SOURCES := $(shell find web -name node_modules -prune -o -name dist -prune -o -name coverage -prune -o -type f -print)
# npm installs all workspaces into one folder; the stamps record how much is installed.
NPM_PAGE := node_modules/.maru-page
NPM_ALL := node_modules/.maru-all

##@ Use

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: build ## Build Maru and start it on http://localhost:8080 with its data in ./data
	exec bin/maru --data ./data

.PHONY: serverless
serverless: laptop ## Run the serverless home on http://127.0.0.1:8080: emulated AWS, real functions, no account
	exec bin/laptop

.PHONY: laptop
laptop: $(NPM_ALL) web
	CGO_ENABLED=0 go build $(LAMBDA_FLAGS) -o bin/lambda ./cmd/lambda
	go build -o bin/laptop ./e2e/laptop

.PHONY: package
package: $(NPM_ALL) bin/lambda.zip ## Build the Lambda zip and the CloudFormation template of the deployment
	cd deploy && npx --no-install osls package

.PHONY: deploy
STAGE ?= prod
deploy: $(NPM_ALL) bin/lambda.zip web ## Deploy the serverless home to AWS as STAGE (prod); see deploy/README.md
	deploy/deploy.sh $(STAGE)

.PHONY: bin/lambda.zip
bin/lambda.zip:
	CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build $(LAMBDA_FLAGS) -o bin/bootstrap ./cmd/lambda
	go -C tools run ./lambdazip ../bin/bootstrap ../$@

.PHONY: build
build: web ## Build bin/maru with the page inside
	go build -o bin/maru ./cmd/maru

.PHONY: web
web: $(PAGE) ## Build the page

$(PAGE): $(NPM_PAGE) $(PAGE_SOURCES)
	npm run --silent --workspace web build
	@test -s $@ && touch $@

##@ Prove

.PHONY: test
test: setup $(NPM_ALL) build vet types tests model ## All tests once, 5 crash rounds, one browser story in both homes: under 5 minutes

.PHONY: check
check: lint generated test-long audit ## What CI runs, under 20 minutes: lint, generation, all stories, 50 crash rounds, the model check

.PHONY: soak
soak: setup $(NPM_ALL) build ## Fuzz every target for 60 s, the log's suite under faults 5 times, 500 crash rounds, a million histories
	tools/fuzz.sh 60s
	MARU_FAULTS=all go test -count=5 -race -timeout 30m -run underFaults ./internal/dynamostore
	MARU_CRASH_ROUNDS=500 go test -count=1 -timeout 3h -run '^TestCrash' -v ./e2e/crash
	$(MAKE) model MARU_MODEL_HISTORIES=1000000

.PHONY: bench
bench: build ## Run the load generator against bin/maru and print its figures
	go run ./e2e/bench

.PHONY: vet
vet:
	go vet ./...

.PHONY: types
types: $(NPM_ALL)
	npm run --silent --workspace web typecheck
	npm run --silent --workspace e2e typecheck
	npm run --silent --workspace deploy typecheck

.PHONY: tests
tests: test-go test-page test-deploy test-browser

.PHONY: test-go
test-go:
	go test -race -timeout 15m ./...

.PHONY: test-page
test-page: $(NPM_ALL)
	npm run --silent --workspace web test

.PHONY: test-deploy
test-deploy: $(NPM_ALL)
	npm run --silent --workspace deploy test

.PHONY: test-browser
test-browser: setup $(NPM_ALL) build laptop
	MARU_HOME=resident npm run --silent --workspace e2e test
	MARU_HOME=serverless $(BESIDE_DYNAMODB) npm run --silent --workspace e2e test

# All of make test except vet and types, which lint runs. Every run draws new
# seeds, so go's cached results are not used. The tests often wait for databases
# and browsers: the model check uses that time.
.PHONY: test-long
test-long: setup $(NPM_ALL) build
	mkdir -p tmp
	nice -n 19 $(MAKE) model MARU_MODEL_HISTORIES=100000 >tmp/model.log 2>&1 & model=$$!; trap "kill $$model 2>/dev/null || true" EXIT; \
		GOFLAGS="$$(go env GOFLAGS) -count=1" $(MAKE) tests MARU_CRASH_ROUNDS=50 MARU_STORIES=all MARU_CROWDS=5 MARU_FAULTS=most MARU_OUTAGES=all; \
		wait $$model && cat tmp/model.log || { cat tmp/model.log; exit 1; }

# The model check is skipped under the race detector. Little of what it allocates
# stays alive: rare collections and stacks that start at their usual size save a
# third of its CPU time.
.PHONY: model
model:
	GOGC=800 GODEBUG=adaptivestackstart=1 go test -count=1 -timeout 60m -run '^TestModel' ./internal/dynamostore

##@ Keep

.PHONY: fmt
fmt: ## Format the Go code
	$(TOOL) gofumpt -w .

.PHONY: lint
lint: vet types ## Vet, staticcheck, formatting, TypeScript's types and oxlint
	$(TOOL) staticcheck ./...
	go -C internal/wsserver/connbench vet ./...
	@unformatted=$$($(TOOL) gofumpt -l .); \
		if [[ -n $$unformatted ]]; then printf 'run make fmt, these are not formatted:\n%s\n' "$$unformatted"; exit 1; fi
	npx --no-install oxlint --deny-warnings web e2e deploy

.PHONY: generate
generate: $(NPM_ALL) ## Generate schemas, API descriptions and TypeScript types from the Go types, and docs/cost.md
	go generate ./...

.PHONY: generated
generated: $(NPM_ALL)
	tools/generated.sh

.PHONY: screenshot
screenshot: setup $(NPM_ALL) build ## Take the pictures of docs/ anew
	MARU_HOME=resident npm run --silent --workspace e2e screenshot

.PHONY: audit
audit: $(NPM_ALL)
	tools/audit.sh

.PHONY: setup
setup: ## Install what the tests need, on Debian as root; elsewhere say what to install
	@tools/setup.sh

.PHONY: clean
clean: ## Remove what was built and installed; ./data stays
	rm -rf bin node_modules web/node_modules e2e/node_modules deploy/node_modules $(dir $(PAGE))

# The page needs half of the npm packages, so `make run` installs only these.
# npm ci empties node_modules first: once everything is installed, install it all again.
$(NPM_PAGE): package-lock.json package.json web/package.json .npmrc
	if [[ -e $(NPM_ALL) ]]; then npm ci && touch $(NPM_ALL); \
		else npm ci --workspace web --include-workspace-root=false; fi
	@touch $@

$(NPM_ALL): package-lock.json package.json web/package.json e2e/package.json deploy/package.json .npmrc
	npm ci
	@touch $@ $(NPM_PAGE)
