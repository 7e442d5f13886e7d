#!/usr/bin/env bash
# The Debian package: made of the program, checked, installed by dpkg into a root of its own, started there under Xvfb, and
# removed, after which nothing of it is left. The root is this system with a layer over it that takes all changes; a machine that
# mounts none has the package unpacked into an empty folder instead, and says so.
#
# usage: tests/package.sh [PROGRAM [FOLDER]]   needs dpkg, xvfb, xdotool, imagemagick and a Vulkan driver (lavapipe will do)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if ! command -v dpkg-deb >/dev/null; then
    echo "skipped: dpkg-deb is not installed"
    exit
fi

# The texts of the licences go into the package, where cargo has the sources of all crates.
if [[ -z "${FLATSCAPE_IN_NAMESPACE:-}" ]] && metadata="$(cargo metadata --format-version 1 --locked --offline 2>/dev/null)"; then
    python3 packaging/licenses.py <<<"$metadata"
fi

# Mounts are this script's own, in a namespace that ends with it. Where sudo asks for nothing it is done as root, as a user does it.
if [[ -z "${FLATSCAPE_IN_NAMESPACE:-}" ]]; then
    apart=(unshare --mount)
    if [[ "$(id -u)" -ne 0 ]]; then
        if sudo -n true 2>/dev/null; then apart=(sudo --preserve-env unshare --mount); else apart+=(--map-root-user); fi
    fi
    if "${apart[@]}" true 2>/dev/null; then
        exec "${apart[@]}" --propagation private env FLATSCAPE_IN_NAMESPACE=yes "$0" "$@"
    fi
    export FLATSCAPE_IN_NAMESPACE=no
fi

source tests/hand.sh

# A root that is this system, with every change on a layer of its own. False where the machine does not mount one.
mount_root() {
    [[ "$FLATSCAPE_IN_NAMESPACE" == yes ]] || return 1
    local layer="$folder/layer"
    mkdir -p "$layer" && mount -t tmpfs flatscape "$layer" 2>/dev/null || return 1
    mkdir "$layer"/{changes,work,root}
    mount -t overlay flatscape -o "lowerdir=/,upperdir=$layer/changes,workdir=$layer/work" "$layer/root" 2>/dev/null || return 1
    root="$layer/root" changes="$layer/changes"
    mount --rbind /proc "$root/proc" && mount --rbind /dev "$root/dev" && mount --bind /tmp "$root/tmp" || return 1
    mkdir -p "$root$folder"
    [[ "$folder" == /tmp/* ]] || mount --rbind "$folder" "$root$folder"
}

package="$(packaging/deb.sh "$program" "$folder")"
echo "$package"
dpkg-deb --info "$package"
dpkg-deb --contents "$package" | awk '{ print $1, $3, $6 }' >"$folder/contents.txt"
for part in usr/bin/flatscape usr/share/applications/flatscape.desktop usr/share/icons/hicolor/scalable/apps/flatscape.svg \
    usr/share/mime/packages/flatscape.xml usr/share/metainfo/io.github.flatscape.Flatscape.metainfo.xml \
    usr/share/man/man1/flatscape.1.gz usr/share/man/man1/flatscape-compare.1.gz usr/share/doc/flatscape/copyright \
    usr/share/bash-completion/completions/flatscape usr/share/zsh/vendor-completions/_flatscape \
    usr/share/fish/vendor_completions.d/flatscape.fish; do
    expect "$folder/contents.txt" "$part"
done
[[ ! -f packaging/licenses/THIRD-PARTY.txt ]] || expect "$folder/contents.txt" usr/share/doc/flatscape/THIRD-PARTY.txt.gz
[[ "$(packaging/deb.sh "$program" "$folder/again")" != "" ]] && cmp "$package" "$folder/again/$(basename "$package")" ||
    fail "the same program makes another package"
# Checkers, where they are.
if command -v lintian >/dev/null; then lintian --fail-on error "$package" || fail "lintian found errors"; fi
if command -v appstreamcli >/dev/null; then
    appstreamcli validate --no-net packaging/flatscape.metainfo.xml || fail "the metainfo is not valid"
fi
if command -v desktop-file-validate >/dev/null; then desktop-file-validate assets/desktop/flatscape.desktop; fi

# Installs into $root; `inside` runs something there.
if mount_root; then
    echo "installed into a root of its own, over this system"
    inside() { chroot "$root" "$@"; }
    dpkg_there() { inside dpkg "$@"; }
    start='exec chroot "'"$root"'" /usr/bin/flatscape "$@"'
else
    echo "this machine mounts no root: unpacked into an empty one, and started from there"
    root="$folder/root" changes="$folder/root"
    rm -rf "$root"
    mkdir -p "$root"/var/lib/dpkg/{info,updates,triggers}
    touch "$root"/var/lib/dpkg/{status,available}
    inside() { "$root$1" "${@:2}"; }
    pretend=()
    if [[ "$(id -u)" -ne 0 ]]; then
        need fakeroot
        pretend=(fakeroot)
    fi
    dpkg_there() { "${pretend[@]}" dpkg --root="$root" --log=/dev/null --force-not-root --force-depends "$@"; }
    start='exec "'"$root"'/usr/bin/flatscape" "$@"'
fi
dpkg_there --install "$package" >"$folder/dpkg.txt" 2>&1 || fail "dpkg does not install it: $(tail -5 "$folder/dpkg.txt")"
inside /usr/bin/flatscape --version
# Files of the system that name it, outside of what dpkg keeps for itself.
named() { grep -rlIi flatscape "$changes/usr" "$changes/etc" "$changes/opt" 2>/dev/null || true; }
[[ -n "$(named)" ]] || fail "nothing of it is there"
if [[ "$root" != "$changes" ]]; then
    inside man --warnings -P cat flatscape-compare >"$folder/man.txt" 2>&1 || true
    # Systems without manuals have a `man` in name only.
    grep -q SYNOPSIS "$folder/man.txt" || echo "  this system shows no man pages"
    inside bash --norc -c 'source /usr/share/bash-completion/completions/flatscape && complete -p flatscape' >/dev/null
fi

printf '#!/bin/sh\n%s\n' "$start" >"$folder/start"
chmod +x "$folder/start"
program="$folder/start"
open_window
key Escape
rest 2
stage 01-installed
quit_window

dpkg_there --purge flatscape >>"$folder/dpkg.txt" 2>&1 || fail "dpkg does not remove it: $(tail -5 "$folder/dpkg.txt")"
[[ -z "$(named)" ]] || fail "still there: $(named | head -5)"
left="$(find "$changes" -ipath '*flatscape*' ! -path "*/var/log/*" ! -path "*/var/cache/man/*" ! -path "$changes/tmp/*" ! -path "$changes$folder*" -type f | head -5)"
[[ -z "$left" ]] || fail "still there: $left"
echo "the package installs, starts and leaves nothing behind; pictures: $folder"
