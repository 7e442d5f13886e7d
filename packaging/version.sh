#!/usr/bin/env bash
# Prints what the change log has on a version, for the notes of its release. Fails where the version is not that of Cargo.toml, or
# the change log or the metainfo does not have it.
#
# usage: packaging/version.sh v0.2.0
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
wanted="${1#v}"
own="$(sed -n '/^\[package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)"
if [[ "$wanted" != "$own" ]]; then
    echo "the tag says $wanted, Cargo.toml $own" >&2
    exit 2
fi
notes="$(awk -v heading="$own" '/^## / { is_own = index($0, heading) > 0; next } is_own' CHANGELOG.md)"
if [[ -z "${notes//[[:space:]]/}" ]]; then
    echo "CHANGELOG.md has no section for $own" >&2
    exit 2
fi
if ! grep -q "<release version=\"$own\"" packaging/flatscape.metainfo.xml; then
    echo "packaging/flatscape.metainfo.xml has no release $own" >&2
    exit 2
fi
echo "$notes"
