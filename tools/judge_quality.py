#!/usr/bin/env python3
"""Judge the quality score on recordings whose headers say `#Quality: acceptable` or `unacceptable`, as those of the
PhysioNet/CinC Challenge 2011 can: AUROC, and what thresholds of four fifths do on the fifth.

    tools/judge_quality.py build/leadwise RECORDINGS...
    tools/judge_quality.py --arms build/leadwise RECORDINGS...    of 12 leads: how many are REVERSED, as they are, with the arms
                                                                  exchanged, and upside down
"""
import json
import os
import re
import subprocess
import sys
import tempfile


def predict(program, paths):
    lines = subprocess.run([program, "predict", "-q", "-f", "jsonl", *paths], capture_output=True, text=True).stdout
    return [json.loads(line) for line in lines.splitlines()]


def marks(row):
    return {mark["code"] for mark in row["quality"]["marks"]}


def headers(paths):
    for path in paths:
        for folder, _, names in sorted(os.walk(path)):
            yield from (os.path.join(folder, name) for name in sorted(names) if name.endswith(".hea"))


def auroc(good, bad):
    return sum((g > b) + 0.5 * (g == b) for g in good for b in bad) / (len(good) * len(bad))


def balanced(threshold, rows):
    """Sensitivity for the unacceptable, and specificity."""
    good = [score for score, fine in rows if fine]
    bad = [score for score, fine in rows if not fine]
    return sum(b < threshold for b in bad) / len(bad), sum(g >= threshold for g in good) / len(good)


def judge(program, paths):
    said = {}
    for header in headers(paths):
        with open(header, errors="replace") as file:
            quality = re.search(r"#\s*Quality:\s*(\w+)", file.read())
        if quality:
            said[os.path.basename(header)[:-4]] = quality[1] == "acceptable"
    found = [row for row in predict(program, paths) if row["record"] in said]
    rows = [(row["quality"]["score"], said[row["record"]]) for row in found]
    refused = [said[row["record"]] for row in found if row["status"] != "ok"]
    print(f"{len(rows)} recordings, AUROC {auroc([s for s, f in rows if f], [s for s, f in rows if not f]):.4f}; refused by default: "
          f"{refused.count(False)} unacceptable, {refused.count(True)} acceptable")
    hits = [0, 0, 0, 0]
    for fold in range(5):
        train = [row for i, row in enumerate(rows) if i % 5 != fold]
        test = [row for i, row in enumerate(rows) if i % 5 == fold]
        threshold = max((score for score, _ in train), key=lambda t: sum(balanced(t, train)))
        for score, fine in test:
            hits[0 if not fine else 2] += (score < threshold) != fine
            hits[1 if not fine else 3] += 1
    print(f"five-fold: sensitivity {hits[0] / hits[1]:.3f}, specificity {hits[2] / hits[3]:.3f}, accuracy "
          f"{(hits[0] + hits[2]) / (hits[1] + hits[3]):.3f}")


# Names that leads get, and whether one is turned over.
ARMS = ({"II": "III", "III": "II", "AVR": "aVL", "AVL": "aVR"}, lambda lead: lead == "I")
SIGNS = ({}, lambda lead: True)


def exchange(header, folder, how):
    """A header that renames leads and turns some over, beside a link to its samples."""
    names, turned = how
    with open(header, errors="replace") as file:
        lines = file.read().splitlines()
    for i in range(1, int(lines[0].split()[1]) + 1):
        fields = lines[i].split()
        fields[2] = ("-" if turned(fields[-1].upper()) else "") + fields[2]
        fields[-1] = names.get(fields[-1].upper(), fields[-1])
        lines[i] = " ".join(fields)
        link = os.path.join(folder, fields[0])
        if not os.path.lexists(link):
            os.symlink(os.path.realpath(os.path.join(os.path.dirname(header), fields[0])), link)
    with open(os.path.join(folder, os.path.basename(header)), "w") as file:
        file.write("\n".join(lines) + "\n")


def judge_arms(program, paths):
    for what, how in (("as they are", None), ("arms exchanged", ARMS), ("upside down", SIGNS)):
        with tempfile.TemporaryDirectory() as folder:
            for header in headers(paths) if how else []:
                exchange(header, folder, how)
            rows = predict(program, [folder] if how else paths)
        print(f"{what}: {len(rows)} recordings, {sum('REVERSED' in marks(r) for r in rows)} REVERSED, "
              f"{sum(r['status'] != 'ok' for r in rows)} refused")


if __name__ == "__main__":
    arguments = sys.argv[1:]
    arms = arguments[:1] == ["--arms"]
    if len(arguments) < 2 + arms:
        sys.exit(__doc__)
    (judge_arms if arms else judge)(arguments[arms], arguments[arms + 1:])
