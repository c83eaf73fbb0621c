"""A verdict is what docs/schema says that it is."""

import functools
import json
import pathlib

import jsonschema

DOCS = pathlib.Path(__file__).resolve().parent.parent.parent / "docs/schema"


@functools.cache
def _validator(name):
    schema = json.loads((DOCS / f"{name}.schema.json").read_text(encoding="utf-8"))
    return jsonschema.Draft202012Validator(schema)


def check(value):
    """Fails the test with what is wrong in an object with a "schema"."""
    _validator(value["schema"].replace("/", ".")).validate(value)
