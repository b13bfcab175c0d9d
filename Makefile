# SPDX-License-Identifier: EUPL-1.2
# Every line can be typed by hand; `make` only remembers the order.

.PHONY: run test check bench interop build dev-build tools test-tools interop-tools clean
.DEFAULT_GOAL := run

# --- use ---------------------------------------------------------------------------------------------------------

run: build
	@exec target/release/konvent serve --data data

build: tools web/dist/index.html
	cargo build --release --locked -p konvent-server --bin konvent

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci --no-audit --no-fund
	@touch $@

web/dist/index.html: web/node_modules/.package-lock.json $(shell find web/src web/public web/index.html web/vite.config.ts -type f 2>/dev/null)
	cd web && npm run build
	@touch $@

# --- prove -------------------------------------------------------------------------------------------------------

test: check dev-build crates/server/tests/oidc-provider/node_modules/.package-lock.json crates/server/tests/smtp/node_modules/.package-lock.json
	cargo test --locked --workspace
	cd web && npm test
	cd web && npm run e2e
	cd interop && npm run core

check: tools test-tools web/node_modules/.package-lock.json
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cargo test --locked --workspace --lib tidy
	scripts/deny
	scripts/documents
	cd web && npm run lint && npm run typecheck

# All targets of the whole workspace at once: a choice of packages would compile some dependencies and the server once more.
dev-build: web/dist/index.html interop/node_modules/.package-lock.json
	cargo build --locked --workspace --all-targets

interop/node_modules/.package-lock.json: interop/package-lock.json
	cd interop && npm ci --no-audit --no-fund
	@touch $@

crates/server/tests/oidc-provider/node_modules/.package-lock.json: crates/server/tests/oidc-provider/package-lock.json
	cd crates/server/tests/oidc-provider && npm ci --no-audit --no-fund
	@touch $@

crates/server/tests/smtp/node_modules/.package-lock.json: crates/server/tests/smtp/package-lock.json
	cd crates/server/tests/smtp && npm ci --no-audit --no-fund
	@touch $@

# Against foreign counterparts: needs Go, Python, Java, Maven and the package indexes; `make test` does not.
interop: interop-tools dev-build
	cd interop && npm test

bench: build
	bench/run

# --- set-up ------------------------------------------------------------------------------------------------------

tools:
	@scripts/tools build

test-tools:
	@scripts/tools test

interop-tools:
	@scripts/tools interop

clean:
	rm -rf target web/dist web/node_modules interop/node_modules crates/server/tests/oidc-provider/node_modules crates/server/tests/smtp/node_modules
