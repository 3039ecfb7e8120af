#!/usr/bin/env bash
# Copies the libraries of the page from their npm packages, as they were published. A test
# compares the files with their SHA-256: after another version, change both.
set -euo pipefail
cd "$(dirname "$0")"
copy() { # PACKAGE VERSION FILE TO
  tar -xzOf "$(npm pack --silent "$1@$2")" "package/$3" > "$4"
}
copy preact 11.2.0 dist/preact.mjs preact.mjs
copy preact 11.2.0 LICENSE preact.LICENSE
copy htm 3.1.1 dist/htm.module.js htm.mjs
copy htm 3.1.1 LICENSE htm.LICENSE
rm -f ./*.tgz
