# Targets for people. `make run` and `make test` set up what they need.

SHELL := /bin/bash
.DEFAULT_GOAL := help
GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.6.0
ACTIONLINT := github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
# Each is a module of its own.
EXAMPLES := examples examples/howto examples/sfntest examples/tutorial
# A release is made with this Go, wherever it is made.
TOOLCHAIN := $(shell sed -n 's/^toolchain //p' go.mod)
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

.PHONY: help
help: ## List the targets.
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

.PHONY: setup
setup: node_modules/.installed ## Install the tools of package.json, if missing.

node_modules/.installed: package.json package-lock.json
	@command -v go >/dev/null || { echo "found no Go: install Go 1.26 or newer from go.dev" >&2; exit 1; }
	@command -v npm >/dev/null || { echo "found no npm: install Node.js 22 or newer from your system's packages or nodejs.org" >&2; exit 1; }
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: test-setup
test-setup: setup test/node_modules/.installed ## Install the tools that only tests and benchmarks run, if missing.

# These are not installed for make run.
test/node_modules/.installed: test/package.json test/package-lock.json | node_modules/.installed
	npm ci --prefix test --no-audit --no-fund --loglevel=error
	@touch $@

# make run compiles while npm installs, if it has to.
.PHONY: compile
compile:
	go build -tags lambda.norpc . ./cmd/... ./lambdas/... ./constructs/mapjob/functions/... ./constructs/trigger/functions/...

.PHONY: run
run: ## Run the sample job on this machine.
	@$(MAKE) -q setup || $(MAKE) --no-print-directory -j2 setup compile
	go tool mapjob run --seed Orders=examples/orders.jsonl --input examples/night.json

.PHONY: test
test: test-setup ## Run all tests.
	go vet ./...
	go test -timeout 20m ./...
	$(foreach module,$(EXAMPLES),cd $(CURDIR)/$(module) && go vet ./... && go test -count=1 ./... &&) true

# go.mod has the oldest CDK that the module supports, and users get newer ones.
CDK ?= v2.276.0
.PHONY: test-cdk
test-cdk: setup ## Test the constructs with a newer CDK. CDK=latest takes the newest.
	@mkdir -p bin
	@cp go.mod bin/cdk.mod && cp go.sum bin/cdk.sum
	go get -modfile=bin/cdk.mod github.com/aws/aws-cdk-go/awscdk/v2@$(CDK)
	go vet -modfile=bin/cdk.mod . ./constructs/... ./stacks/... ./test/...
	go test -modfile=bin/cdk.mod ./constructs/... ./test ./test/observe ./test/security ./test/trigger

.PHONY: bench
bench: test-setup ## Compare speed and size with peers. FIGURES="kit" measures a part.
	go run ./test/bench $(FIGURES)

SEEDS ?= 10000
.PHONY: soak
soak: ## Run jobs of every form with SEEDS seeds each, with faults, and check that nothing is lost.
	go run ./test/soak/run -seeds $(SEEDS)

.PHONY: mutants
mutants: ## Check that the soak finds wrong handler kits; go test finds wrong definitions.
	go test -count=1 -timeout 20m ./test/soak -run '^TestTheSoakFindsEachMutant$$' -soak.kit

.PHONY: lint
lint: test-setup ## Run go vet, golangci-lint, actionlint and, for the console's page, eslint.
	go vet ./...
	go run $(GOLANGCI_LINT) run
	$(foreach module,$(EXAMPLES),cd $(CURDIR)/$(module) && go vet ./... && go run $(GOLANGCI_LINT) run &&) true
	@# By a commit, actionlint does not find out which inputs an action has; by a tag it does.
	for file in .github/workflows/*.yml; do \
	  sed -E 's/@[0-9a-f]{40} # (v[0-9]+).*/@\1/' "$$file" | go run $(ACTIONLINT) -stdin-filename "$$file" - || exit 1; done
	test/node_modules/.bin/eslint --config test/eslint.config.mjs --max-warnings 0 internal/console/page/js test/browser

# What was recorded from AWS is no part of the repository.
.PHONY: conformance
conformance: ## Compare with answers recorded from AWS: set MAPJOB_CONFORMANCE to their folder.
ifeq ($(MAPJOB_CONFORMANCE),)
	@echo "found no recorded answers: set MAPJOB_CONFORMANCE to the folder that has them"
else
	@mkdir -p bin
	@go test -c -o bin/conformance.test ./test/conformance
	@cd test/conformance && MAPJOB_CONFORMANCE='$(abspath $(MAPJOB_CONFORMANCE))' ../../bin/conformance.test -test.run '^TestRecorded'
endif

# moto is another implementation of AWS, in Python: one that is installed, or from PyPI.
MOTO := $(or $(shell command -v moto_server),bin/moto/bin/moto_server)
bin/moto/bin/moto_server:
	@command -v python3 >/dev/null || { echo "found no moto_server, and no python3 to install it with: install Python 3, or moto with pip install 'moto[server]==5.2.1'" >&2; exit 1; }
	@python3 -m venv bin/moto && bin/moto/bin/pip install --quiet --disable-pip-version-check --retries 1 'moto[server]==5.2.1' || { \
	  echo "found no moto_server, and could not install moto 5.2.1 from PyPI: run make again when PyPI can be reached, set PIP_INDEX_URL to a mirror, or put the moto_server of pip install 'moto[server]==5.2.1' into PATH" >&2; exit 1; }

.PHONY: moto-server moto
moto-server: $(MOTO)

moto: moto-server ## Operate a job of moto, another implementation of AWS.
	MAPJOB_MOTO='$(abspath $(MOTO))' go test -count=1 ./test/moto ./test/deploy

CFN_LINT := $(or $(shell command -v cfn-lint),bin/cfn-lint/bin/cfn-lint)
bin/cfn-lint/bin/cfn-lint:
	python3 -m venv bin/cfn-lint
	bin/cfn-lint/bin/pip install --quiet --disable-pip-version-check --retries 1 cfn-lint==1.51.0

.PHONY: cfn-lint
cfn-lint: $(CFN_LINT)

# Tests keep the templates of snapshots, if MAPJOB_REVIEW names a folder.
.PHONY: quality
quality: test-setup ## Look for faults in templates and definitions. REVIEW=DIR has those of make test.
	@$(MAKE) --no-print-directory cfn-lint || [ -z "$$GITHUB_ACTIONS" ]
	$(if $(REVIEW),,rm -rf bin/review)
	PATH="$$PATH:$(CURDIR)/bin/cfn-lint/bin" CDK_VALIDATION=false go run ./test/quality $(if $(REVIEW),'$(REVIEW)',-tests bin/review)

.PHONY: audit
audit: ## Look for known vulnerabilities in modules and packages.
	go run ./test/audit

.PHONY: links
links: ## Ask the servers of the docs' external links whether they still have these pages.
	@go run ./test/docs/external

# The pages of docs as a site, in bin/site. It has npm packages of its own.
site/node_modules/.installed: site/package.json site/package-lock.json
	npm ci --prefix site --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: site test-site
site: site/node_modules/.installed ## Build the site of docs in bin/site.
	npm run --prefix site --silent build

test-site: site/node_modules/.installed test-setup ## Build the site as pages.yml does, and look at it in a browser.
	go test -count=1 ./test/workflow -run '^TestThePages$$' -site
	MAPJOB_SITE='$(CURDIR)/bin/site' go test -count=1 -run Site ./test/browser

# The CDK deploys to moto, or to the account of AWS in MAPJOB_AWS_ACCOUNT.
.PHONY: deploy-check
deploy-check: setup $(if $(MAPJOB_AWS_ACCOUNT),,moto-server) ## Deploy, change and destroy every sample stack, on moto or in MAPJOB_AWS_ACCOUNT.
	@mkdir -p bin
	go build -o bin/deploy ./test/deploy
	@exec bin/deploy -moto '$(abspath $(MOTO))' $(if $(APPS),-apps $(APPS))

.PHONY: owned
owned: setup ## Count what a team owns with each architecture.
	go run ./test/architectures/owned

.PHONY: seeds
seeds: setup ## Count the effects of duplicates and lost answers, over 100 seeds.
	go run ./test/architectures/seeds

.PHONY: synth
synth: setup ## Synthesize the template to cdk.out.
	npx cdk synth --quiet

.PHONY: snapshots
snapshots: setup ## Rewrite the snapshots after an intended change.
	UPDATE_SNAPS=true go test ./test/... ./constructs/...

.PHONY: release
release: ## Check a release and make its files in dist: VERSION=v0.1.0. It tags and pushes nothing.
	@GOTOOLCHAIN=$(TOOLCHAIN) go run ./test/release prepare $(if $(TAGGED),-tagged) "$$VERSION"

.PHONY: release-check
release-check: ## Check the parts of a release that do not depend on its version.
	@go run ./test/release check

.PHONY: changelog
changelog: ## Turn what is unreleased in CHANGELOG.md into VERSION=v0.1.0.
	@go run ./test/release changelog "$$VERSION"

.PHONY: rehearsal
rehearsal: ## Run the release workflow for v0.1.0 on this machine, in a clone of the last commit.
	go test -count=1 -timeout 60m -v ./test/workflow -run '^TestAWholeRelease$$' -whole

.PHONY: clean
clean: ## Remove what runs leave behind.
	rm -rf .mapjob cdk.out bin dist
