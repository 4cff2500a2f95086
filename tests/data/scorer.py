#!/usr/bin/env python3
"""The scores of the Challenges of 2020 and 2021, written from their definition: every rule in the plainest way, none of
the program's code. Prints a folder's scores as JSON: scorer.py YEAR WEIGHTS.csv LABELS OUTPUTS

The definition: Perez Alday et al. 2020 (doi 10.1088/1361-6579/abc960), Reyna et al. 2021 (doi
10.23919/CinC53138.2021.9662687) and the rules of the published scorers for files that are incomplete:
a class without a column is not called and scores 0, as does a score that is no number; codes of equal meaning are one
class, positive where one of them is, scored with the mean of their columns. The two years differ in which texts call a
class, and in the mean where a score is no number.
"""
import csv, json, math, os, sys

NORMAL = "426783006"
EQUAL_2020 = [("713427006", "59118001"), ("284470004", "63593006"), ("427172004", "17338001")]


def number(text):
    try:
        return float(text)
    except ValueError:
        return math.nan


def read_weights(path, year):
    """Classes as sets of codes, and their rewards. The table of 2020 has a row for each code of a class."""
    rows = list(csv.reader(open(path)))
    classes, table = [set(c.split("|")) for c in rows[0][1:]], [[float(v) for v in r[1:]] for r in rows[1:]]
    if year == 2020:
        codes = [min(c) for c in classes]
        kept = [i for i, c in enumerate(codes) if not any(c == other for _, other in EQUAL_2020)]
        table = [[table[i][j] for j in kept] for i in kept]
        classes = [classes[i] | {o for first, o in EQUAL_2020 if first == codes[i]} for i in kept]
    return classes, table


def read_labels(folder):
    labels = {}
    for name in sorted(os.listdir(folder)):
        if name.endswith(".hea"):
            lines = open(os.path.join(folder, name)).read().split("\n")
            given = [line.split(":", 1)[1] for line in lines if line.startswith("#Dx") or line.startswith("# Dx")]
            labels[name[:-4]] = {code.strip() for text in given for code in text.split(",")}
    return labels


def read_output(path):
    """Codes of each column, decisions, scores. A file of fewer than three rows has no columns."""
    rows = [[cell.strip() for cell in line.split(",")] for line in open(path) if line.strip() and not line.startswith("#")]
    if len(rows) < 3:
        return [], [], []
    return [set(c.split("|")) for c in rows[0]], rows[1], [number(v) for v in rows[2]]


def is_positive(text, year):
    return text in ("1", "True", "true", "T", "t") or (year != 2020 and number(text) == 1)


def joined(scores, year):
    """One score of a class from those of its columns: what is no number is left out in 2020, and counts as 0 in 2021."""
    values = [v for v in scores if not math.isnan(v)] if year == 2020 else [v if math.isfinite(v) else 0.0 for v in scores]
    return sum(values) / len(values) if values else 0.0


def tabulate(year, classes, labels, folder):
    """label, decision and score of each record and class."""
    outputs = {record: read_output(os.path.join(folder, record + ".csv")) for record in labels}
    y, d, s = [], [], []
    for record, codes in labels.items():
        columns, decisions, scores = outputs[record]
        mine = [[i for i, column in enumerate(columns) if c & column] for c in classes]
        y.append([bool(c & codes) for c in classes])
        d.append([any(is_positive(decisions[i], year) for i in at) for at in mine])
        s.append([joined([scores[i] for i in at], year) for at in mine])
    return y, d, s


def auroc(y, s):
    """The chance that a positive scores above a negative, a tie counting half."""
    positive, negative = [v for v, t in zip(s, y) if t], [v for v, t in zip(s, y) if not t]
    if not positive or not negative:
        return math.nan
    return sum((p > n) + (p == n) / 2 for p in positive for n in negative) / (len(positive) * len(negative))


def auprc(y, s):
    """Step by step over the thresholds: precision times the recall that a threshold adds."""
    if not any(y):
        return math.nan
    area, before = 0.0, 0
    for threshold in sorted(set(s), reverse=True):
        called = [t for t, v in zip(y, s) if v >= threshold]
        area += (sum(called) - before) / sum(y) * sum(called) / len(called)
        before = sum(called)
    return area


def counts(y, d):
    pairs = list(zip(y, d))
    return [sum(1 for p in pairs if p == want) for want in ((True, True), (False, True), (True, False), (False, False))]


def ratio(a, b):
    return a / b if b else math.nan


def mean(values):
    values = [v for v in values if not math.isnan(v)]
    return sum(values) / len(values) if values else math.nan


def beta_scores(y, d, beta):
    """F_beta and G_beta, a record counting 1 / (its number of labels)."""
    f, g = [], []
    share = [max(sum(row), 1) for row in y]
    for k in range(len(y[0])):
        tp, fp, fn = (sum(1 / n for n, a, b in zip(share, y, d) if (a[k], b[k]) == want)
                      for want in ((True, True), (False, True), (True, False)))
        f.append(ratio((1 + beta ** 2) * tp, (1 + beta ** 2) * tp + fp + beta ** 2 * fn))
        g.append(ratio(tp, tp + fp + beta * fn))
    return mean(f), mean(g)


def challenge(weights, classes, y, d):
    """observed, correct and inactive score."""
    normal = [NORMAL in c for c in classes]

    def score(outputs):
        total = 0.0
        for labels, called in zip(y, outputs):
            either = max(sum(a or b for a, b in zip(labels, called)), 1)
            total += sum(weights[j][k] for j, a in enumerate(labels) if a for k, b in enumerate(called) if b) / either
        return total

    return score(d), score(y), score([normal for _ in y])


def score(year, weights_path, labels_folder, outputs_folder):
    classes, weights = read_weights(weights_path, year)
    labels = read_labels(labels_folder)
    y, d, s = tabulate(year, classes, labels, outputs_folder)
    column = lambda table, k: [row[k] for row in table]
    n = len(classes)
    rocs = [auroc(column(y, k), column(s, k)) for k in range(n)]
    prcs = [auprc(column(y, k), column(s, k)) for k in range(n)]
    tallies = [counts(column(y, k), column(d, k)) for k in range(n)]
    f = [ratio(2 * tp, 2 * tp + fp + fn) for tp, fp, fn, _ in tallies]
    f_beta, g_beta = beta_scores(y, d, 2) if year == 2020 else (math.nan, math.nan)
    observed, correct, inactive = challenge(weights, classes, y, d)
    clean = lambda v: None if isinstance(v, float) and math.isnan(v) else v
    return {"year": year, "records": len(labels), "auroc": mean(rocs), "auprc": mean(prcs),
            "accuracy": sum(a == b for a, b in zip(y, d)) / len(labels), "f_measure": mean(f),
            "f_beta_2": clean(f_beta), "g_beta_2": clean(g_beta),
            "challenge_metric": (observed - inactive) / (correct - inactive) if correct != inactive else 0.0,
            "observed_score": observed, "correct_score": correct, "inactive_score": inactive,
            "classes": ["|".join(sorted(c)) for c in classes], "n_positive": [sum(column(y, k)) for k in range(n)],
            "auroc_per_class": [clean(v) for v in rocs], "auprc_per_class": [clean(v) for v in prcs],
            "f_measure_per_class": [clean(v) for v in f]}


if __name__ == "__main__":
    print(json.dumps(score(int(sys.argv[1]), *sys.argv[2:5]), indent=1))
