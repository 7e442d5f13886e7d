"""Writes the list of crates that About shows: name, version, terms, place. A test holds it against Cargo.lock.

usage: cargo metadata --format-version 1 --locked | python3 assets/licenses/generate.py > assets/licenses/crates.txt
"""

import json
import sys

packages = [package for package in json.load(sys.stdin)["packages"] if package["source"]]
for package in sorted(packages, key=lambda package: (package["name"], package["version"])):
    # Some crates write `/` where SPDX has `OR`.
    terms = (package["license"] or f"its own, in its file {package['license_file']}").replace(" / ", "/").replace("/", " OR ")
    place = package["repository"] or f"https://crates.io/crates/{package['name']}"
    print(package["name"], package["version"], terms, place, sep="\t")
