#!/usr/bin/env bash
# The version that Cargo.toml says, which is the one source of it; `notes` prints what CHANGELOG.md says of it, and fails if that is nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
case ${1:-} in
  "") echo "$version" ;;
  notes)
    notes=$(awk -v head="## [$version]" 'index($0, "## [") == 1 { inside = index($0, head) == 1; next } inside' CHANGELOG.md)
    [ -n "${notes//[[:space:]]/}" ] || { echo "CHANGELOG.md says nothing of $version: name its section \"## [$version] - DATE\"." >&2; exit 1; }
    echo "$notes"
    ;;
  *) echo "usage: tools/version.sh [notes]" >&2; exit 1 ;;
esac
