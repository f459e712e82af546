# Kuiper Gateway. `make` alone explains itself.
NODE := node_modules/node/bin/node
export PATH := $(CURDIR)/node_modules/node/bin:$(PATH)
.DEFAULT_GOAL := help

help: ## this text
	@echo "Kuiper Gateway - targets:"; grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1|\2/' | column -t -s '|'

setup: ## install packages, the pinned Node and sqlite3's addon below node_modules
	@scripts/setup.sh

run: setup ## live demo: daemon, broker, simulated devices, three rules. BROKER=mqtt://host uses a real broker
	@BROKER='$(BROKER)' $(NODE) src/daemon/demo.ts

test: setup ## all tests that need no root, with the conformance vectors
	@scripts/test-deps.sh
	@$(NODE) node_modules/typescript/bin/tsc -p . --noEmit
	@$(NODE) node_modules/typescript/bin/tsc -p src/console --noEmit
	@node_modules/.bin/biome check .
	@$(NODE) scripts/run-tests.ts
	@scripts/conformance.sh

unit: setup ## the vitest suites only; FILE=test/… runs one
	@$(NODE) node_modules/vitest/vitest.mjs run $(FILE)

conformance: setup ## the vectors recorded from eKuiper, against our daemon
	@scripts/conformance.sh

check: setup ## type check, formatter, linter, import layers
	@$(NODE) node_modules/typescript/bin/tsc -p . --noEmit
	@$(NODE) node_modules/typescript/bin/tsc -p src/console --noEmit
	@node_modules/.bin/biome check .
	@$(NODE) scripts/layers.ts

layers: setup ## print the import graph of the folders and mark imports that go up
	@$(NODE) scripts/layers.ts --print

explain: setup ## the plan of a query: make explain SQL='SELECT …'
	@$(NODE) scripts/explain.ts "$(SQL)"

rule: setup ## run .rule files: make rule FILE=test/rules/window/tumbling.rule
	@RULE_FILE='$(FILE)' $(NODE) node_modules/vitest/vitest.mjs run test/rules

docs: setup ## write docs/errors.md, docs/functions/, docs/parity/promises.md, docs/sql-differences.md, docs/reference/ and docs/man/
	@$(NODE) scripts/errors-docs.ts
	@$(NODE) scripts/functions-docs.ts
	@$(NODE) scripts/promises.ts
	@$(NODE) scripts/sql-differences.ts
	@$(NODE) scripts/ratchets.ts
	@$(NODE) scripts/reference-docs.ts
	@$(NODE) scripts/man-page.ts

site: setup ## the documentation as HTML that opens from a disk, in image/out/site
	@$(NODE) scripts/docs-site.ts

bench: setup ## speed, memory and latency beside a bare mqtt.js loop in the same run; results in bench/results
	@$(NODE) bench/main.ts $(ARGS)

bench-public: setup ## beside eKuiper, rekuiper, Telegraf, Bento and Node-RED, as far as you have them: ARGS="--ekuiper PATH --only w1,w2"; bench/public/README.md
	@$(NODE) bench/public/main.ts $(ARGS)

profile: setup ## where CPU time goes: flame graph and table of one bench scenario, ARGS='filter-mqtt --rate 20000'; in .run/profile
	@$(NODE) scripts/profile.ts $(ARGS)

mutate: setup ## break src one line at a time and see that tests notice; ARGS='--only AREA' (test/mutations/README.md)
	@$(NODE) scripts/mutate.ts $(ARGS)

fuzz: setup ## every fuzz target for some seconds, guided by coverage. ARGS="--target json-path --count 200000"
	@NODE_COMPILE_CACHE=.cache/compile $(NODE) scripts/fuzz.ts $(ARGS)

fuzz-long: setup ## goes on where the last run ended, until stopped (Ctrl-C); ARGS="--seconds 3600 --keep --record" writes corpus and figures
	@NODE_COMPILE_CACHE=.cache/compile $(NODE) scripts/fuzz.ts --mode both --count 100000 $(if $(findstring --seconds,$(ARGS)),,--seconds 86400) $(ARGS)

campaign: setup ## long runs: kills and broker flaps (results in bench/results), then the image on raspi3b and built twice
	@$(NODE) scripts/campaign.ts $(ARGS)
	@if [ -z "$(ARGS)" ]; then $(NODE) scripts/kill-campaign.ts; fi
	@if [ -z "$(ARGS)" ]; then $(NODE) scripts/fault-campaign.ts; fi
	@if [ -z "$(ARGS)" ]; then $(NODE) --expose-gc scripts/budget-campaign.ts; fi
	@if [ -z "$(ARGS)" ]; then $(NODE) scripts/ingress-campaign.ts; fi
	@if [ -z "$(ARGS)" ]; then $(NODE) scripts/dead-units.ts; fi
	@if [ "$$(id -u)" = 0 ] && [ -z "$(ARGS)" ]; then $(NODE) scripts/device-cuts.ts; fi
	@if [ -z "$(ARGS)" ]; then scripts/test-deps.sh && $(NODE) scripts/modbus-campaign.ts; fi
	@if [ -z "$(ARGS)" ]; then scripts/test-deps.sh && $(NODE) scripts/sinks-campaign.ts; fi
	@if [ -z "$(ARGS)" ]; then scripts/test-deps.sh && $(NODE) scripts/spread-campaign.ts; fi
	@if [ -z "$(ARGS)" ]; then scripts/test-deps.sh && $(NODE) scripts/portable-campaign.ts; fi
	@if [ -z "$(ARGS)" ]; then scripts/test-deps.sh && $(NODE) scripts/console-tasks.ts; fi
	@if [ "$$(id -u)" = 0 ] && [ -z "$(ARGS)" ]; then image/campaign.sh; else echo "the image's part needs root: sudo image/campaign.sh"; fi

oracle: setup ## 200,000 answers of standard SQL compared with DuckDB's; writes test/oracle/record.json. ARGS="FIRST LAST" picks seeds
	@$(NODE) scripts/oracle-campaign.ts $(ARGS)

simulate: setup ## the whole gateway in simulated worlds: SEEDS=1-1000, BREAK=ack-early|skip-sync|lose-drain|drop-dedup, ARGS=--trace
	@$(NODE) scripts/simulate.ts $(if $(SEEDS),$(SEEDS),1-200) $(if $(BREAK),--break $(BREAK)) $(ARGS)

audit: setup ## advisories for the packages of the lock file, where the registry answers (exit 2: it does not)
	@$(NODE) scripts/audit.ts

cve: setup ## known weaknesses of what the image ships (exit 2: nobody answered); ARGS="--tracker FILE --status FILE"
	@$(NODE) scripts/cve.ts $(ARGS)

sbom-check: setup ## is every file of an image's root in its bill of materials? make sbom-check ROOT=DIR SBOM=FILE
	@$(NODE) image/sbom-check.ts --root "$(ROOT)" --sbom "$(SBOM)"

release: setup ## the files of a release in image/out/release: make release VERSION=1.2.0 [STEPS=npm,plugins,deb,apt,image,sbom,sums] [KEY=file]
	@$(NODE) scripts/release.ts "$(VERSION)" "$(STEPS)" "$(KEY)"

screenshots: setup ## the pictures of the console in docs/images, taken from a running gateway in a real Chromium
	@$(NODE) scripts/screenshots.ts

node-red: setup ## the Node-RED palette as .tgz in image/out
	@$(NODE) scripts/node-red.ts

deb: setup ## kuiper-gateway_<version>_{amd64,arm64}.deb in image/out
	@image/build-deb.sh

image: setup ## the flashable arm64 image in image/out
	@image/build.sh

update-keys: ## an authority and a signer for updates, in image/.keys: before make image
	@image/lib/update-keys.sh

bundle: setup ## the last image as a signed update, kuiper-gateway_<version>_arm64.raucb in image/out
	@image/bundle.sh

image-lock: setup ## renew the lock of package versions of the image
	@image/lock.sh

test-image: setup ## build the image and boot it in QEMU
	@test/image/run.sh

test-updates: setup ## updates on real starts in QEMU (slow); ARGS='good panic cut-trial' picks kinds. After make update-keys and make image
	@$(NODE) test/image/updates.ts image/out/kuiper-gateway_$$(sed -n 's/^  "version": "\(.*\)",$$/\1/p' package.json)_arm64.img $(ARGS)

qemu: ## boot the built image in QEMU with a console
	@image/qemu.sh

format: setup ## format all sources
	@node_modules/.bin/biome check --write .

clean: ## remove what builds and runs left (not node_modules)
	@rm -rf .run .cache/tmp image/out coverage

.PHONY: help setup run oracle simulate test unit conformance check layers explain rule docs site bench bench-public profile mutate campaign audit cve sbom-check deb image image-lock update-keys bundle test-updates test-image qemu format clean release node-red screenshots
