#!/usr/bin/env python3
"""Measure the shape of the code: files, lines, functions, public face, assertions, include cycles.

    tools/measure_code.py             the working tree
    tools/measure_code.py REV REV...  a column for each commit, for a table of before and after

It reads text alone: clang-format's layout makes a function what begins in column 0 and ends with a brace there. Needs
Python 3 and git.
"""
import collections
import io
import os
import re
import statistics
import subprocess
import sys
import tarfile

CODE = ("src", "cli", "lab")
KEYWORDS = {"if", "for", "while", "switch", "return", "sizeof", "do", "else", "defined"}


def tree_of(revision):
    """{path: text} of the C files, of the working tree where `revision` is None."""
    if revision is None:
        names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.c", "*.h"], capture_output=True, text=True, check=True).stdout.split()
        return {name: open(name, encoding="utf-8").read() for name in names if os.path.exists(name)}
    archive = subprocess.run(["git", "archive", revision], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {m.name: tar.extractfile(m).read().decode() for m in tar if m.isfile() and m.name.endswith((".c", ".h"))}


def without_comments(text):
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'', re.S)
    return pattern.sub(lambda m: " " + "\n" * m.group().count("\n") if m.group()[0] == "/" else '""', text)


def functions(text):
    """(name, is static, lines) of each function that is defined in `text`, whose comments are gone."""
    lines = text.split("\n")
    begin = None
    for i, line in enumerate(lines):
        if re.match(r"[A-Za-z_]", line) and not re.match(r"(typedef|struct|union|enum|extern)\b[^()]*$", line):
            begin = i if begin is None else begin
        if begin is None:
            continue
        head = " ".join(lines[begin:i + 1])
        before = head.split("{")[0]
        if "(" not in before and "{" in head or " = " in before or (line.endswith(";") and "{" not in head):
            begin = None
        elif line.startswith("}") or (begin == i and re.search(r"\{.*\}$", line)):
            name = re.search(r"([A-Za-z_]\w*)\s*\(", head)
            if name and name.group(1) not in KEYWORDS:
                yield name.group(1), head.startswith("static"), i - begin + 1
            begin = None


def cycles(files):
    """Sets of units, a .c with its .h, whose #includes lead back to themselves; a unit with a header of its own kind, as
    engine.c with engine_internal.h, is a pair of headers and no cycle."""
    def unit(path):
        return re.sub(r"\.[ch]$", "", path)
    graph = collections.defaultdict(set)
    for path, text in files.items():
        for name in re.findall(r'^\s*#\s*include\s*"([^"]+)"', text, re.M):
            folder = os.path.dirname(path)
            for place in (os.path.join(folder, name), "src/" + name, "include/" + name, name):
                if place in files and unit(place) != unit(path):
                    graph[unit(path)].add(unit(place))
                    break
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in graph[node]:
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            at = stack.index(node)
            with_code = [u for u in stack[at:] if u + ".c" in files]
            if len(with_code) > 1 or len(stack) - at > 2:
                found.append(sorted(stack[at:]))
            del stack[at:]
    sys.setrecursionlimit(10000)
    for node in list(graph):
        if node not in index:
            visit(node)
    return found


def measure(files):
    code = {path: text for path, text in files.items() if path.startswith(tuple(f + "/" for f in CODE))}
    bare = {path: without_comments(text) for path, text in code.items()}
    found = [(path, *f) for path, text in bare.items() for f in functions(text)]
    lengths = [lines for _, _, _, lines in found]
    uses = {path: collections.Counter(re.findall(r"\b[A-Za-z_]\w*\b", text)) for path, text in bare.items()}
    private = [(path, name) for path, name, static, _ in found if static and path.endswith(".c")]
    once = sum(uses[path][name] == 2 for path, name in private)
    sources = [text.count("\n") for path, text in code.items() if path.endswith(".c")]
    public = {path: without_comments(text) for path, text in files.items() if path.startswith("include/")}
    declared = {name for text in public.values() for line in text.split("\n") if not line.startswith("typedef")
                for name in re.findall(r"\b(lw_[a-z0-9_]+)\(", line)}
    loops = cycles({p: t for p, t in files.items() if p.startswith(("src/", "cli/", "lab/", "include/"))})
    rows = [("files in src, cli, lab", len(code)), ("lines in src, cli, lab", sum(t.count("\n") for t in code.values()))]
    rows += [(f"  {folder}", sum(t.count("\n") for p, t in code.items() if p.startswith(folder + "/"))) for folder in CODE]
    rows += [("lines of a .c file, median", int(statistics.median(sources))),
             ("functions", len(found)), ("lines of a function, median", int(statistics.median(lengths))),
             ("lines of a function, 90th percentile", sorted(lengths)[len(lengths) * 9 // 10]),
             ("static functions called from one place", f"{100 * once / max(1, len(private)):.0f} %"),
             ("public headers", len(public)), ("public functions", len(declared)),
             ("assertions", sum(len(re.findall(r"\bassert\(", t)) for t in bare.values())),
             ("lines in tests", sum(t.count("\n") for p, t in files.items() if p.startswith("tests/"))),
             ("include cycles", len(loops))]
    return rows, loops


def main():
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    revisions = sys.argv[1:] or [None]
    results = [measure(tree_of(revision)) for revision in revisions]
    print(f"{'':40s}" + "".join(f"{(r or 'working tree')[:14]:>16s}" for r in revisions))
    for i, (name, _) in enumerate(results[0][0]):
        print(f"{name:40s}" + "".join(f"{str(rows[i][1]):>16s}" for rows, _ in results))
    for revision, (_, loops) in zip(revisions, results):
        for loop in loops:
            print(f"cycle in {revision or 'the working tree'}: {' '.join(loop)}")


main()
