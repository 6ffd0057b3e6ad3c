"""`python -m tools.sbom [FILE]`: the bill of materials as CycloneDX 1.6, with `--licences` the licence of each part."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from tools.architecture import table

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.txt"
VENDORED = ROOT / "app/web/static/vendor/VENDORED.md"
KNOWN = Path(__file__).with_name("licences.toml")
LOCKED = re.compile(
    r"^(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>[^\s;\\]+)(?: ; (?P<marker>[^\\\n]+?))?\s*\\?$", re.MULTILINE
)
ROW = re.compile(
    r"^\| `(?P<file>[^`]+)` \| (?P<package>\S+) \| (?P<version>\S+) \| (?P<licence>\S+)[^|]*\| `(?P<digest>[0-9a-f]{64})` \|$",
    re.M,
)
OPERATORS = re.compile(r"\s+(?:AND|OR|WITH)\s+|[()]")


VIA = re.compile(r"^ +#(?: via)? +([a-z0-9][a-z0-9._-]*)", re.MULTILINE)
PROJECT = "afterword"


@dataclass(frozen=True, kw_only=True)
class Part:
    """A locked package, or a file that was copied in. `licence` is an SPDX expression; `digests` are SHA-256 in hex.

    `needed_by` are names of packages; a marker says where the lock installs it.
    """

    name: str
    version: str
    licence: str
    purl: str
    digests: tuple[str, ...]
    file: str = ""
    marker: str = ""
    needed_by: tuple[str, ...] = (PROJECT,)

    @property
    def reference(self) -> str:
        return f"{self.purl}#{self.file}" if self.file else self.purl


def main(arguments: list[str]) -> int:
    """Write to the file, or to the standard output. Return 1 and name the parts whose licence is not allowed."""
    found = parts()
    text = licence_list(found) if "--licences" in arguments else json.dumps(bill(found), indent=2) + "\n"
    files = [each for each in arguments if not each.startswith("--")]
    if files:
        Path(files[0]).write_text(text)
    else:
        sys.stdout.write(text)
    refused = [f"{each.name} {each.version}: {each.licence or 'unknown'}" for each in found if not is_allowed(each.licence)]
    if refused:
        sys.stderr.write("Licences that tools/licences.toml does not allow:\n  " + "\n  ".join(refused) + "\n")
    return 1 if refused else 0


def parts() -> list[Part]:
    """Return every part that a deployment has, by name: packages of all platforms, scripts and fonts."""
    return sorted(
        [*_packages(LOCK.read_text()), *_vendored(VENDORED.read_text())], key=lambda part: (part.name, part.version, part.file)
    )


def bill(found: list[Part]) -> dict[str, Any]:
    """Return the bill. The same parts have the same serial number, so that a build can be compared with another."""
    serial = uuid5(NAMESPACE_URL, "\n".join(f"{each.purl} {each.digests}" for each in found))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    main_component = {
        "type": "application",
        "bom-ref": PROJECT,
        "name": project["name"],
        "version": project["version"],
        "licenses": [{"expression": project["license"]}],
    }
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {"component": main_component},
        "components": [_component(each) for each in found],
        "dependencies": [
            {"ref": ref, "dependsOn": [each.reference for each in found if name in each.needed_by]}
            for ref, name in ((PROJECT, PROJECT), *((each.reference, each.name) for each in found if not each.file))
        ],
    }


def licence_list(found: list[Part]) -> str:
    """Return the parts as a table."""
    rows = [(each.name, each.version, each.licence, each.file or each.marker or "everywhere") for each in found]
    return table(("part", "version", "licence", "where"), rows)


def is_allowed(licence: str) -> bool:
    """Return whether an SPDX expression allows what we do: with OR one choice must be on the list, with AND all."""
    allowed = set(_known()["allowed"])
    choices = re.split(r"\s+OR\s+", licence.strip("()"))
    return any(all(name in allowed for name in OPERATORS.split(choice) if name) for choice in choices if choice)


def _packages(lock: str) -> Iterator[Part]:
    blocks = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)
    for block in blocks:
        if line := LOCKED.match(block):
            name, version = line["name"], line["version"]
            yield Part(
                name=name,
                version=version,
                licence=_licence(name),
                purl=f"pkg:pypi/{name}@{version}",
                digests=tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})", block)),
                marker=line["marker"] or "",
                needed_by=tuple(VIA.findall(block)),
            )


def _vendored(page: str) -> Iterator[Part]:
    for row in ROW.finditer(page):
        name, version, digests = row["package"], row["version"], (row["digest"],)
        purl = f"pkg:npm/{name.replace('@', '%40')}@{version}"
        yield Part(name=name, version=version, licence=row["licence"], purl=purl, digests=digests, file=row["file"])


def _licence(name: str) -> str:
    """Return the SPDX expression of an installed package; "" where neither it nor tools/licences.toml says one."""
    known = _known()
    if name in known["packages"]:
        return str(known["packages"][name])
    try:
        said = metadata(name)
    except PackageNotFoundError:
        return ""
    classes = [each.rpartition(" :: ")[2] for each in said.get_all("Classifier") or [] if each.startswith("License ::")]
    texts = [*(said.get_all("License-Expression") or []), *(said.get_all("License") or []), *classes]
    return next((str(known["names"].get(each, each)) for each in texts if each and "\n" not in each), "")


def _known() -> dict[str, Any]:
    return tomllib.loads(KNOWN.read_text())


def _component(part: Part) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": "file" if part.file else "library",
        "bom-ref": part.reference,
        "name": part.file or part.name,
        "version": part.version,
        "licenses": [{"expression": part.licence}],
        "purl": part.purl,
    }
    if part.file:
        made["hashes"] = [{"alg": "SHA-256", "content": part.digests[0]}]
    # Of a package there are several archives, one for each platform: these are what the lock accepts, not one file's digest.
    made["properties"] = [{"name": "afterword:accepted-sha256", "value": each} for each in part.digests if not part.file]
    made["properties"] += [{"name": "afterword:marker", "value": part.marker}] if part.marker else []
    return made


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
