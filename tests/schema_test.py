#!/usr/bin/env python3
"""Every golden verdict is valid against docs/schema/podtap.verdict.v1.schema.json, and
what is wrong in one is not.

    tests/schema_test.py JUDGE [SOURCE_DIR]

JUDGE is the built tests/judge.
"""

import copy
import json
import pathlib
import subprocess
import sys

import jsonschema

# What must not pass: a name, and how to spoil a verdict.
SPOILED = {
    "no cause": lambda v: v.pop("cause"),
    "an unknown cause": lambda v: v.update(cause="killed.aliens"),
    "another schema": lambda v: v.update(schema="podtap.verdict/v2"),
    "confidence of a kind": lambda v: v.update(confidence="sure"),
    "an empty headline": lambda v: v.update(headline=""),
    "a pid of 0": lambda v: v["culprit"].update(pid=0),
    "a flag that is none": lambda v: v["culprit"].update(flags=["evil"]),
    "a member that is not described": lambda v: v["culprit"].update(shoe_size=43),
    "evidence without its id": lambda v: v["evidence"][0].pop("id"),
    "gaps that are no list": lambda v: v.update(gaps="none"),
    "a wrong time": lambda v: v.update(time=1785412527),
}


def described_causes(source):
    """The causes that docs/verdict.md has a row for."""
    text = (source / "docs/verdict.md").read_text(encoding="utf-8")
    section = text.split("\n## Causes\n")[1].split("\n## ")[0]
    return {line.split("`")[1] for line in section.splitlines() if line.startswith("| `")}


def main():
    judge = sys.argv[1]
    source = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else ".")
    schema_path = source / "docs/schema/podtap.verdict.v1.schema.json"
    schema = json.loads(schema_path.read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator
    validator.check_schema(schema)
    check = validator(schema, format_checker=jsonschema.FormatChecker())

    cases = sorted((source / "src/verdict/testdata").glob("*.json"))
    out = subprocess.run([judge, *map(str, cases)], check=True, stdout=subprocess.PIPE, text=True)
    verdicts = [json.loads(line) for line in out.stdout.splitlines()]
    complaints = []
    if not cases or len(verdicts) != len(cases):
        complaints.append(f"{len(cases)} cases, {len(verdicts)} verdicts")
    for case, verdict in zip(cases, verdicts):
        for error in check.iter_errors(verdict):
            place = "/".join(map(str, error.absolute_path))
            complaints.append(f"{case.name}: {place}: {error.message}")

    whole = next(v for v in verdicts if v["cause"] == "killed.host" and v["evidence"])
    for name, spoil in SPOILED.items():
        spoiled = copy.deepcopy(whole)
        spoil(spoiled)
        if check.is_valid(spoiled):
            complaints.append(f"the schema lets pass: {name}")

    in_schema = set(schema["properties"]["cause"]["enum"])
    seen = {verdict["cause"] for verdict in verdicts}
    described = described_causes(source)
    complaints += [f"no golden case gives {cause}" for cause in sorted(in_schema - seen)]
    complaints += [f"docs/verdict.md: no row for {cause}" for cause in sorted(in_schema - described)]
    complaints += [f"docs/verdict.md: {cause} is no cause" for cause in sorted(described - in_schema)]

    for complaint in complaints:
        print(complaint)
    print(f"{len(verdicts)} verdicts, {len(SPOILED)} spoiled ones, {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
