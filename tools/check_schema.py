#!/usr/bin/env python3
"""Check that every line of standard input keeps to docs/predict.schema.json. Exits with 77 without Debian's python3-jsonschema."""
import json
import os
import sys

try:
    import jsonschema
except ImportError:
    print("python3-jsonschema is not installed")
    sys.exit(77)

with open(os.path.join(os.path.dirname(__file__), "..", "docs", "predict.schema.json")) as file:
    schema = json.load(file)
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
bad = count = 0
for number, line in enumerate(sys.stdin, 1):
    count += 1
    for error in validator.iter_errors(json.loads(line)):
        print(f"line {number}: {'/'.join(map(str, error.path))}: {error.message}")
        bad += 1
if count == 0:
    print("no line, expected at least one")
sys.exit(1 if bad or count == 0 else 0)
