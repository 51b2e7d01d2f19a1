#!/usr/bin/env python3
"""Prints a CycloneDX 1.6 list of what the service is made of: the packages of the lock files in src/, each once, in the order of their names. Equal lock files, equal output."""
import glob, json, pathlib, re

root = pathlib.Path(__file__).parent.parent
version = re.search(r"<Version>(.*?)</Version>", (root / "Directory.Build.props").read_text()).group(1)
packages = {}
for lock in sorted(glob.glob(str(root / "src/*/packages.lock.json"))):
    for framework in json.load(open(lock, encoding="utf-8"))["dependencies"].values():
        for name, package in framework.items():
            if package["type"] != "Project":
                packages[name, package["resolved"]] = package["contentHash"]

print(json.dumps({
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "version": 1,
    "metadata": {"component": {"type": "application", "bom-ref": "lab", "name": "Lab", "version": version, "licenses": [{"license": {"id": "Apache-2.0"}}]}},
    "components": [{
        "type": "library",
        "bom-ref": f"pkg:nuget/{name}@{resolved}",
        "name": name,
        "version": resolved,
        "purl": f"pkg:nuget/{name}@{resolved}",
        "properties": [{"name": "nuget:contentHash", "value": content}],
    } for (name, resolved), content in sorted(packages.items())],
}, indent=1))
