#!/usr/bin/env python3
"""Fit the weights of the quality score (src/signal/quality_score.c) on recordings whose headers say `#Quality: acceptable`
or `unacceptable`, and judge it by five folds: weights and threshold come from four fifths, the figures from the fifth.

    tools/fit_quality.py build/tests/quality_features RECORDINGS...
"""
import glob
import os
import re
import subprocess
import sys

import numpy as np

FOLDS, RIDGE, STEPS = 5, 1.0, 50


def labelled(paths):
    """Headers that state their quality, and whether it is acceptable."""
    for path in paths:
        for header in sorted(glob.glob(os.path.join(path, "**", "*.hea"), recursive=True)):
            with open(header, errors="replace") as file:
                said = re.search(r"#\s*Quality:\s*(\w+)", file.read())
            if said:
                yield header, said[1] == "acceptable"


def measure(program, headers):
    """Shares of usable leads, features, and the scores that the program gives."""
    lines = subprocess.run([program, *headers], capture_output=True, text=True, check=True).stdout.splitlines()
    table = np.array([[float(x) for x in line.split(" ")[:-1]] for line in lines])
    return table[:, 0], np.c_[np.ones(len(table)), table[:, 1:-1]], table[:, -1]


def fit(x, fine):
    """Ridge regression of a logistic function, by Newton's method; the constant is free."""
    weights = np.zeros(x.shape[1])
    ridge = RIDGE * np.eye(len(weights))
    ridge[0, 0] = 0
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-x @ weights))
        hessian = (x * (p * (1 - p))[:, None]).T @ x + ridge
        weights -= np.linalg.solve(hessian, x.T @ (p - fine) + ridge @ weights)
    return weights


def score(usable, x, weights):
    return usable / (1 + np.exp(-x @ weights))


def auroc(scores, fine):
    good, bad = scores[fine][:, None], scores[~fine]
    return (good > bad).mean() + 0.5 * (good == bad).mean()


def rates(threshold, scores, fine):
    """Sensitivity for the unacceptable, and specificity."""
    return (scores[~fine] < threshold).mean(), (scores[fine] >= threshold).mean()


def judge(usable, x, fine):
    out, called, single = np.zeros(len(fine)), np.zeros(len(fine), bool), []
    for fold in range(FOLDS):
        test = np.arange(len(fine)) % FOLDS == fold
        weights = fit(x[~test], fine[~test])
        scores = score(usable, x, weights)
        threshold = max(scores[~test], key=lambda t: sum(rates(t, scores[~test], fine[~test])))
        out[test], called[test] = scores[test], scores[test] >= threshold
        single.append(auroc(scores[test], fine[test]))
    print(f"five folds: AUROC {auroc(out, fine):.3f} over all, {np.mean(single):.3f} as the folds' mean; sensitivity "
          f"{(~called[~fine]).mean():.3f}, specificity {called[fine].mean():.3f}, accuracy {(called == fine).mean():.3f}")


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    said = list(labelled(sys.argv[2:]))
    if len({fine for _, fine in said}) < 2:
        sys.exit(f"{len(said)} headers state their quality, expected acceptable and unacceptable ones")
    fine = np.array([fine for _, fine in said])
    usable, x, scores = measure(sys.argv[1], [header for header, _ in said])
    judge(usable, x, fine)
    print(f"{len(fine)} recordings, {fine.sum()} acceptable; the program's score: AUROC {auroc(scores, fine):.3f}")
    print("weights of all, constant first:", *np.round(fit(x, fine), 3))


if __name__ == "__main__":
    main()
