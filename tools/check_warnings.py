#!/usr/bin/env python3
"""Check that docs/warnings.md has a row for every warning of the reader and the predictor: the fixed words of each sentence."""
import os
import re
import sys

root = os.path.join(os.path.dirname(__file__), "..")
with open(os.path.join(root, "docs", "warnings.md")) as file:
    page = " ".join(file.read().split())
call = re.compile(r"\b(?:lw_record_warn|lw_slot_warn)\(")
missing = count = 0
for folder, _, names in sorted(os.walk(os.path.join(root, "src"))):
    for name in sorted(n for n in names if n.endswith(".c")):
        with open(os.path.join(folder, name)) as file:
            text = file.read()
        for match in call.finditer(text):
            # The first literal of the call, with those that follow it at once.
            literals = re.match(r'[^;"]*?((?:"(?:[^"\\]|\\.)*"\s*)+)', text[match.end():])
            if not literals:
                continue
            sentence = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literals.group(1)))
            words = [w.strip(" ':;,.") for w in re.split(r"%[-+ #0]*[*\d]*(?:\.[*\d]+)?(?:hh|h|ll|l|z)?[a-zA-Z]", sentence)]
            longest = max(words, key=len)
            if len(longest) < 6 or "1000 of the 1000" in sentence:
                continue
            count += 1
            if longest not in page:
                print(f"{name}: docs/warnings.md lacks: {longest}")
                missing += 1
if count < 20:
    print(f"only {count} warnings were found in src, expected more: does the search still fit the code?")
sys.exit(1 if missing or count < 20 else 0)
