#!/usr/bin/env python3
"""Make the calls of the program fail one after the other, and check what it leaves behind.

Each scenario is a command whose undisturbed result is known. It runs again for each trial: allocation or system call
number n fails, once or from then on, or ends the process as SIGKILL does. A trial is good when

- the exit code is 0 and every byte of the result is that of the undisturbed command, or
- the exit code is 5 and standard error says why in a sentence, or 3 and recordings are rejected for that reason alone;
- no file is half written, and no sanitizer complains;
- no temporary file is left, unless the program was killed or ended where memory ran out: then the next run removes it;
- the command, given again (with --resume where it has that), ends with the undisturbed result.

Usage: torture.py PROGRAM FAIL_NTH.so [--tier short|medium|long] [--only SCENARIO] [--call CALL] [--jobs N]
"""
import argparse
import concurrent.futures
import errno
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

SMALL = "--leads 2 --width 16 --batch 16 --seed 5"


class Scenario(NamedTuple):
    command: str
    resume: bool = False  # the command takes --resume
    grows: bool = False  # the result is written row by row, so that part of it may be there
    lines: str = ""  # standard input
    listed: bool = False  # recordings that cannot be read are listed and left out: exit 0, or 2 where too few remain


# The inputs stand in ../inputs; the results go to the folder in which the command runs.
SCENARIOS = {
    "predict": Scenario("predict ../inputs/model.safetensors ../inputs/few -f csv -o predictions.csv"),
    "predict_out": Scenario("predict ../inputs/model.safetensors ../inputs/few -f jsonl"),
    "predict_builtin": Scenario("predict ../inputs/few/S00001.hea -f csv"),
    "predict_lines": Scenario("predict ../inputs/model.safetensors - -f csv -o predictions.csv",
                              lines="../inputs/few/S00000.hea\n../inputs/few/S00001.hea\n../inputs/few/S00002.hea\n"),
    "predict_stream": Scenario("predict ../inputs/model.safetensors ../inputs/few --stream --window-step 5 -f csv -o w.csv",
                               grows=True),
    "predict_prepared": Scenario("predict ../inputs/model.safetensors ../inputs/prepared.safetensors -f csv -o p.csv"),
    "prepare": Scenario("prepare ../inputs/few -o prepared.safetensors"),
    "train": Scenario(f"train ../inputs/prepared.safetensors {SMALL} --epochs 2 -o run", True),
    "train_folder": Scenario(f"train ../inputs/many {SMALL} --epochs 1 -o run", True, listed=True),
    "evaluate": Scenario("evaluate ../inputs/many ../inputs/outputs --by sex,source --replicates 20 --json"),
    "crossval": Scenario(f"crossval ../inputs/prepared.safetensors {SMALL} --folds 2 --epochs 1 --replicates 20 -o cv",
                         True),
    "info_record": Scenario("info ../inputs/few/S00001.hea --json"),
    "info_model": Scenario("info ../inputs/model.safetensors --json"),
    "info_prepared": Scenario("info ../inputs/prepared.safetensors --json"),
    "calibrate": Scenario("calibrate ../inputs/model.safetensors ../inputs/prepared.safetensors -o calibrated.safetensors"),
}


class Fault(NamedTuple):
    call: str
    how: str
    good: bool  # the calls after the first fail, too
    harmless: bool = False  # the program has to succeed

    def __str__(self):
        return f"{self.call} {self.how}{' for good' if self.good else ''}"


def failing(call, *names, good=False):
    return [Fault(call, str(getattr(errno, name)), good) for name in names]


MEMORY = [Fault("malloc", "", False), Fault("malloc", "", True)]
SYSTEM = [
    *failing("open", "EMFILE", "EIO"), *failing("open", "EMFILE", good=True),
    *failing("read", "EIO"), *failing("read", "EIO", good=True),
    Fault("read", str(errno.EINTR), False, True), Fault("read", "short", True, True),
    *failing("write", "ENOSPC", "EIO"), *failing("write", "ENOSPC", good=True),
    *failing("write", "EINTR"), Fault("write", "short", True, True),
    *failing("fsync", "EIO", "ENOSPC"), *failing("fsync", "EIO", good=True),
    *failing("rename", "EIO", "ENOSPC"), *failing("rename", "EIO", good=True),
    *failing("close", "EIO", "EINTR"), *failing("close", "EIO", good=True),
    *failing("mmap", "ENOMEM", "EIO"), *failing("mmap", "ENOMEM", good=True),
    *failing("stat", "EIO"), *failing("list", "EIO"), *failing("mkdir", "ENOSPC"),
]
KILLS = [Fault("save", "kill", False)]
# Those that a sanitizer stands, which is slow and needs system calls itself: they are for leaks and wild reads.
SANITIZED = [*MEMORY, *failing("open", "EMFILE"), *failing("write", "ENOSPC")]
FOR_THE_REASON = re.compile(r"rejected:IO")
TIME = re.compile(rb'"milliseconds":[0-9.]+')


class Outcome(NamedTuple):
    code: int
    out: bytes
    err: str
    files: dict  # bytes by path


class Bench:
    """A folder with the inputs, the undisturbed results and a folder for each trial."""

    def __init__(self, program, preloaded, folder):
        self.program, self.preloaded, self.folder = program, preloaded, folder
        self.sanitized = b"__asan_init" in Path(program).read_bytes()
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("LEADWISE")}
        self.environment.update(OMP_NUM_THREADS="1", OMP_WAIT_POLICY="passive", NO_COLOR="1", TERM="dumb")
        self.make_inputs()

    def make_inputs(self):
        inputs = self.folder / "inputs"
        inputs.mkdir()
        for command in ("synth -o few -n 3 --seed 3 --rate 250 --duration 12",
                        "synth -o many -n 30 --seed 3 --rate 250 --duration 10",
                        "prepare many -o prepared.safetensors",
                        f"train prepared.safetensors {SMALL} --epochs 1 -o run",
                        "predict run/model.safetensors many -f challenge -o outputs"):
            subprocess.run([self.program, *command.split(), "-q"], cwd=inputs, check=True, env=self.environment,
                           stdout=subprocess.DEVNULL)
        shutil.copy(inputs / "run/model.safetensors", inputs / "model.safetensors")

    def run(self, scenario, folder, resume=False, **torture):
        """Run the command in the folder, with settings of the preloaded library where there are any."""
        command = scenario.command + (" --resume" if resume else "")
        if not command.startswith("info"):
            command += " --threads 1"  # so that calls have the same numbers each time
        environment = dict(self.environment, TMPDIR=str(folder))
        # The search for leaks makes system calls of its own, with signals blocked.
        leaks = int(torture.get("call", "malloc") == "malloc")
        environment["ASAN_OPTIONS"] = (f"verify_asan_link_order=0:exitcode=99:allocator_may_return_null=1"
                                       f":detect_leaks={leaks}")
        environment["UBSAN_OPTIONS"] = "halt_on_error=1:exitcode=99"
        environment.update({f"TORTURE_{key.upper()}": str(value) for key, value in torture.items()})
        if torture:
            environment["LD_PRELOAD"] = str(self.preloaded)
        done = subprocess.run([self.program, *command.split()], cwd=folder, env=environment, timeout=300,
                              input=scenario.lines.encode(), capture_output=True, check=False)
        files = {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
        return Outcome(done.returncode, TIME.sub(b"", done.stdout), done.stderr.decode(errors="replace"), files)

    def new_folder(self):
        return Path(tempfile.mkdtemp(prefix="trial", dir=self.folder))


def complaint(scenario, fault, got, undisturbed):
    """What is wrong with the outcome of a trial, or ""."""
    if "Sanitizer" in got.err or "runtime error" in got.err or got.code == 99:
        return "a sanitizer complains"
    if fault.how == "kill":
        return half_written(scenario, got, undisturbed)
    if got.code < 0:
        return f"signal {-got.code}"
    if left(got) and not ("ut of memory" in got.err and fault.call == "malloc"):
        return "a temporary file is left"
    said = fault.how.isdigit() and os.strerror(int(fault.how)) in got.err
    if got.code in (0, 2) and scenario.listed and said and "rejected " in got.err:
        return ""
    if got.code == 0:
        return "" if (got.out, got.files) == (undisturbed.out, undisturbed.files) else "exit 0 with another result"
    if fault.harmless:
        return f"exit {got.code}, though the program can go on"
    if got.code == 3:
        return "" if said and only_rejections(scenario, got, undisturbed) else "exit 3 with another result"
    if got.code != 5:
        return f"exit {got.code}"
    # A program that cannot write to standard error cannot say why.
    if "leadwise: " not in got.err and "libgomp: Out of memory" not in got.err and fault.call not in ("write",):
        return "no sentence"
    return half_written(scenario, got, undisturbed)


def left(got):
    """The temporary files that an outcome has."""
    return [name for name in got.files if name.endswith(".tmp") or name.startswith("leadwise-")]


def half_written(scenario, got, undisturbed):
    """A file of the result that is there and not whole. A run's own files change as it goes on: see goes_on."""
    if "rejected " in got.err:
        return "" if only_rejections(scenario, got, undisturbed) else "half of the result is there"
    for name, content in got.files.items():
        whole = undisturbed.files.get(name, b"")
        part = scenario.grows and whole.startswith(content)
        if content != whole and not part and not scenario.resume and not name.endswith(".tmp"):
            return f"{name} is half written"
    return ""


def only_rejections(scenario, got, undisturbed):
    """Whether each line is that of the undisturbed result, or the rejection of a recording for an error of the system."""
    if not scenario.command.startswith("predict"):
        return True  # a prepared file without the recordings that are listed
    known = b"\n".join([undisturbed.out, *undisturbed.files.values()]).split(b"\n")
    lines = b"\n".join([got.out, *got.files.values()]).split(b"\n")
    return all(line in known or FOR_THE_REASON.search(line.decode()) for line in lines)


def goes_on(bench, scenario, folder, undisturbed):
    """The command given again ends as if nobody had disturbed it."""
    again = bench.run(scenario, folder, scenario.resume)
    if again.code != 0:
        return f"exit {again.code} of the next run: {again.err.strip()}"
    differs = [name for name in undisturbed.files if again.files.get(name) != undisturbed.files[name]]
    left = [name for name in again.files if name not in undisturbed.files]
    return f"the next run leaves others: {' '.join(differs + left)}" if differs or left else ""


def trial(bench, scenario, fault, nth, undisturbed):
    """Returns what is wrong and the sentence that the program printed."""
    folder = bench.new_folder()
    try:
        got = bench.run(scenario, folder, call=fault.call, nth=nth, how=fault.how, good=int(fault.good))
        wrong = complaint(scenario, fault, got, undisturbed)
        repeats = scenario.resume or fault.how == "kill" or left(got)
        if not wrong and repeats and got.code not in (0, 3) and "rejected " not in got.err:
            wrong = goes_on(bench, scenario, folder, undisturbed)
        return wrong, got.err.strip().split("\n")[-1]
    except subprocess.TimeoutExpired:
        return "does not end", ""
    finally:
        shutil.rmtree(folder)


def numbers(bench, scenario, call):
    """The calls to let fail: every system call, and the first allocation of each place (all, where a sanitizer runs)."""
    by_place = call == "malloc" and not bench.sanitized
    folder, lists = bench.new_folder(), bench.new_folder()
    torture = {"call": call, "nth": 0, "count": lists / "count"}
    if by_place:
        torture["places"] = lists / "places"
    bench.run(scenario, folder, **torture)
    if not (lists / "count").exists():
        print("this system lets no program filter its own system calls")
        sys.exit(77)
    if by_place:
        found = [int(line) for line in (lists / "places").read_text().split()]
    else:
        found = list(range(1, int((lists / "count").read_text()) + 1))
    shutil.rmtree(folder)
    return found


def sampled(found, most):
    """At most so many of them, spread evenly, the first and the last among them."""
    if len(found) <= most:
        return found
    return sorted({found[i * (len(found) - 1) // max(most - 1, 1)] for i in range(most)})


# Trials of one fault of one scenario.
MOST = {"short": {"malloc": 4, "save": 3, "": 1}, "medium": {"malloc": 30, "save": 15, "": 4},
        "long": {"malloc": 10**9, "save": 10**9, "": 10**9}}


def torture(bench, name, faults, tier, pool):
    scenario = SCENARIOS[name]
    folder = bench.new_folder()
    undisturbed = bench.run(scenario, folder)
    if undisturbed.code != 0:
        sys.exit(f"{name}: exit {undisturbed.code} without a fault: {undisturbed.err}")
    found = {call: numbers(bench, scenario, call) for call in dict.fromkeys(fault.call for fault in faults)}
    trials = [(fault, nth) for fault in faults
              for nth in sampled(found[fault.call], MOST[tier].get(fault.call, MOST[tier][""]))]
    results = list(pool.map(lambda one: trial(bench, scenario, *one, undisturbed), trials))
    bad = 0
    for (fault, nth), (wrong, sentence) in zip(trials, results):
        if wrong:
            bad += 1
            print(f"{name}: {fault}, call {nth}: {wrong}\n    {sentence}")
    print(f"{name:18} {len(trials):5} trials, {bad} bad", flush=True)
    return len(trials), bad


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("preloaded")
    parser.add_argument("--tier", choices=list(MOST), default="short")
    parser.add_argument("--only", choices=list(SCENARIOS), action="append")
    parser.add_argument("--call", action="append", help="only faults of this kind of call")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    if not os.path.exists(options.preloaded):
        print(f"{options.preloaded} is not there: it is built on 64-bit x86 only")
        return 77
    trials = bad = 0
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        bench = Bench(os.path.abspath(options.program), os.path.abspath(options.preloaded), Path(folder))
        faults = SANITIZED if bench.sanitized else MEMORY + SYSTEM + KILLS
        faults = [fault for fault in faults if not options.call or fault.call in options.call]
        for name in options.only or SCENARIOS:
            more, wrong = torture(bench, name, faults, options.tier, pool)
            trials, bad = trials + more, bad + wrong
    print(f"{trials} trials, {bad} bad")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
