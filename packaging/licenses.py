"""Gathers the texts of the licences of all crates that the program is made of, each text once, with the crates under it.

usage: cargo metadata --format-version 1 --locked | python3 packaging/licenses.py [FILE]
FILE is packaging/licenses/THIRD-PARTY.txt if left out. A crate without a text of its own is listed with its terms.
"""

import collections
import json
import pathlib
import sys

NAMES = ("license", "licence", "copying", "notice", "unlicense", "copyright")


def texts(folder):
    """The texts of licences in a crate's folder, without what spaces alone make different."""
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.name.lower().startswith(NAMES):
            text = path.read_text(encoding="utf-8", errors="replace").replace("\r\n", "\n")
            yield "\n".join(line.rstrip() for line in text.strip().split("\n"))


def main():
    packages = [package for package in json.load(sys.stdin)["packages"] if package["source"]]
    out = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "packaging/licenses/THIRD-PARTY.txt")
    crates = collections.defaultdict(list)
    without = []
    for package in sorted(packages, key=lambda package: (package["name"], package["version"])):
        name = f"{package['name']} {package['version']}"
        found = list(dict.fromkeys(texts(pathlib.Path(package["manifest_path"]).parent)))
        for text in found:
            crates[text].append(name)
        if not found:
            without.append(f"{name}: {package['license'] or 'its own terms'}, {package['repository'] or 'crates.io'}")
    parts = ["Flatscape is made of these crates of the Rust registry. Each text is followed by the crates that it is of."]
    parts += [f"{text}\n\n-- of {', '.join(names)}" for text, names in sorted(crates.items(), key=lambda item: -len(item[1]))]
    if without:
        parts.append("Without a text of their own, under the terms that they name:\n" + "\n".join(without))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(("\n\n" + 80 * "=" + "\n\n").join(parts) + "\n", encoding="utf-8")
    print(f"{out}: {len(packages)} crates, {len(crates)} texts, {len(without)} crates without one", file=sys.stderr)


if __name__ == "__main__":
    main()
