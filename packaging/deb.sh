#!/usr/bin/env bash
# Makes a Debian package of a program that is built: the program, its entry for menus with icon and kinds of files, what software
# centres show, man pages, completions and licences. It takes dpkg-deb alone, and runs no program of the package's when that is
# installed or removed: what a desktop keeps of it, dpkg's triggers bring up to date.
#
# usage: packaging/deb.sh PROGRAM FOLDER     prints the path of the package
set -euo pipefail
(($# == 2)) || { echo "usage: packaging/deb.sh PROGRAM FOLDER" >&2; exit 2; }
program="$(realpath "$1")"
mkdir -p "$2"
out="$(realpath "$2")"
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[[ -x "$program" ]] || { echo "there is no program at $program: cargo build --release makes it" >&2; exit 2; }

version="$("$program" -V | sed -n 's/^flatscape //p')"
[[ "$version" =~ ^[0-9]+\.[0-9]+\.[0-9]+ ]] || { echo "$program is not Flatscape: it gives no version" >&2; exit 2; }
maintainer="The Flatscape authors <flatscape@users.noreply.github.com>"
arch="$(dpkg --print-architecture)"
# All files have the time of the last commit, so that the same program makes the same package.
SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y "$program")}"
export SOURCE_DATE_EPOCH
root="$(mktemp -d)"
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"

# Puts a file into the package: from, to.
put() { install -Dm644 "$1" "$root/$2"; }
squeezed() { gzip -9n >"$1"; }

install -Dm755 "$program" "$root/usr/bin/flatscape"
strip --strip-unneeded "$root/usr/bin/flatscape" 2>/dev/null || true
put assets/desktop/flatscape.desktop usr/share/applications/flatscape.desktop
put assets/desktop/flatscape.svg usr/share/icons/hicolor/scalable/apps/flatscape.svg
put assets/desktop/flatscape.xml usr/share/mime/packages/flatscape.xml
put packaging/flatscape.metainfo.xml usr/share/metainfo/io.github.flatscape.Flatscape.metainfo.xml
doc="$root/usr/share/doc/flatscape"
for file in packaging/copyright LICENSE-MIT assets/licenses/crates.txt; do
    put "$file" "usr/share/doc/flatscape/$(basename "$file")"
done
squeezed "$doc/CHANGELOG.md.gz" <CHANGELOG.md
# The form that Debian asks of this name.
printf 'flatscape (%s) unstable; urgency=medium\n\n  * What has changed is in CHANGELOG.md.gz beside this file.\n\n -- %s  %s\n' \
    "$version" "$maintainer" "$(LC_ALL=C date --utc --rfc-email --date="@$SOURCE_DATE_EPOCH")" | squeezed "$doc/changelog.gz"
# The texts of all licences, where packaging/licenses.py has gathered them.
[[ ! -f packaging/licenses/THIRD-PARTY.txt ]] || squeezed "$doc/THIRD-PARTY.txt.gz" <packaging/licenses/THIRD-PARTY.txt

mkdir -p "$root/usr/share/man/man1"
"$program" man --out "$root/usr/share/man/man1" >/dev/null
gzip -9n "$root"/usr/share/man/man1/*.1
completions() { mkdir -p "$root/usr/share/$(dirname "$2")"; "$program" completions "$1" >"$root/usr/share/$2"; }
completions bash bash-completion/completions/flatscape
completions zsh zsh/vendor-completions/_flatscape
completions fish fish/vendor_completions.d/flatscape.fish

# The libraries that the program is linked with, and those that it opens when it runs: X11 or Wayland, Vulkan or OpenGL.
linked="libc6, libgcc-s1"
if command -v dpkg-shlibdeps >/dev/null; then
    mkdir -p "$root/debian"
    printf 'Source: flatscape\n\nPackage: flatscape\nArchitecture: any\n' >"$root/debian/control"
    found="$(cd "$root" && dpkg-shlibdeps -O --ignore-missing-info usr/bin/flatscape 2>/dev/null | sed -n 's/^shlibs:Depends=//p')"
    rm -r "$root/debian"
    linked="${found:-$linked}"
fi
opened="libx11-6, libx11-xcb1, libxcursor1, libxi6, libxkbcommon0, libxkbcommon-x11-0, libvulkan1 | libegl1"
find "$root/usr" -type d -exec chmod 755 {} +
find "$root/usr" -type f ! -path '*/bin/*' -exec chmod 644 {} +
size="$(du -sk "$root/usr" | cut -f1)"
mkdir "$root/DEBIAN"
cat >"$root/DEBIAN/control" <<CONTROL
Package: flatscape
Version: $version
Architecture: $arch
Maintainer: $maintainer
Installed-Size: $size
Depends: $linked, $opened
Recommends: mesa-vulkan-drivers | libgl1-mesa-dri, libwayland-client0, xdg-utils, xdg-desktop-portal
Section: science
Priority: optional
Description: explorer of loss landscapes of neural networks
 Flatscape trains small networks with SGD, SAM and NSO side by side and shows,
 while they train, what the optimizers do to the loss surface: slices of the
 landscape, the trace and the ends of the Hessian's spectrum, and what the noise
 samples say. Every knob can be turned while it trains.
 .
 It also measures networks that PyTorch has trained, and compares optimizers
 over many seeds on the command line.
CONTROL
(cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
find "$root" -newermt "@$SOURCE_DATE_EPOCH" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
package="$out/flatscape_${version}_$arch.deb"
# Debian's archive takes no Zstandard, and xz with more effort takes minutes.
dpkg-deb --root-owner-group -Zxz -z1 --build "$root" "$package" >/dev/null
echo "$package"
