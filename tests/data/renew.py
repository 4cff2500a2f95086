#!/usr/bin/env python3
"""Makes every file of tests/data anew but the tables of rewards, with PyTorch, SciPy and plain Python: nothing here is
made by the program that it tests. See README.md.

    renew.py             writes the files
    renew.py --check     writes them elsewhere and says where they differ from those that lie here

Needs Debian's python3-torch, python3-numpy, python3-scipy and flac; run it with /usr/bin/python3.
"""
import json, os, shutil, subprocess, sys, tempfile
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../../tools")]
import scorer, twin

# ---------------------------------------------------------------- recordings that nobody gave

def heart(rate, seconds, leads, seed):
    """Millivolts [leads][samples]: Gaussian waves of a dipole seen from each lead, a wandering baseline and noise."""
    rng = np.random.RandomState(seed)
    t = np.arange(int(round(rate * seconds))) / rate
    towards = dict(I=0, II=60, III=120, aVR=-150, aVL=-30, aVF=90, V1=115, V2=94, V3=80, V4=60, V5=30, V6=0)
    out = []
    for lead in leads:
        x, beat = np.zeros_like(t), 0.3
        angles = np.radians(towards[lead] - np.array([55.0, -100.0, 45.0, 150.0, 50.0]))
        while beat < seconds + 0.5:
            for at, width, height, angle in zip((-0.17, -0.03, 0.0, 0.03, 0.27), (0.025, 0.01, 0.011, 0.012, 0.05),
                                                (0.15, 0.12, 1.4, 0.35, 0.3), angles):
                x += height * np.cos(angle) * np.exp(-0.5 * ((t - beat - at) / width) ** 2)
            beat += 0.83
        wander = 0.2 * np.sin(2 * np.pi * (0.21 * t + rng.rand()))
        out.append(x + wander + 0.02 * rng.randn(len(t)))
    return np.array(out)


def checksum(adc):
    return (int(np.asarray(adc, np.int64).sum()) + 32768) % 65536 - 32768


def write_recording(folder, name, rate, mv, leads):
    """Format 16 at 1000 units a millivolt; a sample that is missing is the format's invalid value."""
    adc = np.where(np.isnan(mv), -32768, np.rint(np.nan_to_num(mv) * 1000)).astype("<i2")
    adc.T.tofile(f"{folder}/{name}.dat")
    rows = [f"{name} {len(leads)} {rate} {adc.shape[1]}"]
    rows += [f"{name}.dat 16 1000(0)/mV 16 0 {a[0]} {checksum(a)} 0 {lead}" for a, lead in zip(adc, leads)]
    write(f"{folder}/{name}.hea", "\n".join(rows) + "\n")


def write(path, text):
    with open(path, "w") as f: f.write(text)

# ---------------------------------------------------------------- what SciPy prepares

def prepared(folder):
    """Recordings, and their signals in the band from 0.05 Hz to HIGH: NAME.HIGH, [leads][samples at 100 Hz, at most 1000], with
    zeros beyond the ends; with lines NAME.HIGH.line."""
    from scipy import signal as sp
    os.makedirs(folder)
    twelve, two, chest = twin.LEADS[12], twin.LEADS[2], [f"V{i}" for i in range(1, 7)]
    recordings = {"made257": (257, heart(257, 10, two, 1), two), "made250": (250, heart(250, 5, two, 2), two),
                  "made360": (360, heart(360, 5, two, 3), two), "made500": (500, heart(500, 11, two, 4), two),
                  "made1000": (1000, heart(1000, 3, two, 5), two),
                  "shortest": (500, heart(500, 0.22, two, 6), two),  # 22 samples at 100 Hz: just longer than the filter's padding
                  "nolimbs": (500, heart(500, 2, two + chest, 7), two + chest)}  # four leads to derive
    gaps = heart(250, 3, twelve, 8)
    gaps[1, 250:450] = gaps[3, :75] = gaps[4, -30:] = gaps[6] = np.nan  # inside, at the edges, a whole lead
    gaps[7], gaps[8] = 0.25, 0.0                                        # constant leads
    recordings["gaps"] = (250, gaps, twelve)
    tensors = {}
    for name, (rate, mv, leads) in recordings.items():
        write_recording(folder, name, rate, mv, leads)
        rate, names, mv, _ = twin.read_record(f"{folder}/{name}.hea")
        wanted = twin.pick_leads(names, mv, two if leads is two else twelve)
        for high in (35, 20):
            if (high, name) in ((20, "made250"), (20, "made360"), (35, "made1000"), (35, "nolimbs")): continue  # for size
            width = min(1000, -(-mv.shape[1] * 100 // int(rate)))
            tensors[f"{name}.{high}"] = twin.prepare(rate, wanted, (0.05, float(high)), ends="zero")[:, :width]
            if (high, name) in ((35, "made250"), (35, "made360"), (20, "made1000"), (20, "nolimbs")):
                tensors[f"{name}.{high}.line"] = twin.prepare(rate, wanted, (0.05, float(high)), ends="line")[:, :width]
    for high in (35, 20):
        tensors[f"sos.{high}"] = sp.butter(3, (0.05, float(high)), "bandpass", fs=100, output="sos")
    twin.save_safetensors(f"{folder}/prepared.safetensors", tensors)

# ---------------------------------------------------------------- what PyTorch computes

def noise(count, seed):
    """The values of lwt_fill() in tests/support.c: xorshift32 (Marsaglia 2003) in [-1, 1)."""
    state, out = (seed * 2654435761 + 1) & 0xFFFFFFFF, np.empty(count, np.float32)
    for i in range(count):
        state ^= state << 13 & 0xFFFFFFFF
        state ^= state >> 17
        state ^= state << 5 & 0xFFFFFFFF
        out[i] = (state >> 8) * 2.0 ** -23 - 1
        state = state or 1
    return out


def run(net, weights, X, Y, W, dtype):
    """Logits of inference, then five steps of training with Adam, in one precision: the tensors of a golden."""
    import torch
    model = twin.build(net).to(dtype)
    model.load_state_dict(weights)
    X, Y, W, t = X.to(dtype), Y.to(dtype), W.to(dtype), {}
    model.eval()
    t["eval.logits"] = model(X).detach().double().numpy()
    model.train()
    # With the usual epsilon of 1e-7 Adam turns rounding noise into whole steps.
    adam, losses = torch.optim.Adam(model.parameters(), 1e-3, eps=1e-4), []
    for step in range(5):
        adam.zero_grad()
        logits = model(X)
        loss = twin.weighted_bce(logits, Y, W)
        loss.backward()
        losses.append(float(loss))
        if step == 0:
            t["train.logits"] = logits.detach().double().numpy()
            t.update({f"gradient.{k}": p.grad.numpy().astype(np.float32) for k, p in model.named_parameters()})
        adam.step()
    t["train.losses"] = np.array(losses)
    for k, b in model.state_dict().items():
        if "running" in k or k.startswith(("branch0.block0", "head")) and "num_batches" not in k:
            t[f"after5.{k}"] = b.numpy().astype(np.float32)
    return t


def distance(a, b):
    """The largest relative difference (L2) over the gradients and the tensors after five steps."""
    keys = [k for k in a if k.startswith(("gradient.", "after5."))]
    return max(np.linalg.norm(a[k] - b[k]) / max(np.linalg.norm(a[k]), 1e-3) for k in keys)


def golden(folder, name, net, batch=3, tries=60):
    """Of several random networks the one whose ReLUs depend least on rounding, with weights that fit in half precision."""
    import torch
    leads, samples, outputs = len(net["leads"]), net["samples"], net["outputs"]
    X = torch.tensor(noise(batch * leads * samples, leads).reshape(batch, 1, leads, samples))
    y = np.random.RandomState(leads).rand(batch, outputs) < 0.2
    w = twin.class_weights(y.sum(0) * 10 + 1, 100).astype(np.float32)
    Y, W, best = torch.tensor(y).float(), torch.tensor(w), None
    for seed in range(tries):
        torch.manual_seed(seed)
        model = twin.build(net)
        twin.randomise(model)
        weights = {k: v.half().float() if v.is_floating_point() else v for k, v in model.state_dict().items()}
        t = run(net, weights, X, Y, W, torch.float64)
        back = list(range(batch))[::-1]
        worst = max(distance(t, run(net, weights, X, Y, W, torch.float32)),
                    distance(t, run(net, weights, X[back], Y[back], W, torch.float32)))
        if best is None or worst < best[0]: best = worst, seed, weights, t
        if worst < 1e-5: break
    worst, seed, weights, t = best
    classes = [dict(codes=[str(i)], abbreviation=f"C{i}") for i in range(outputs)]
    twin.save_safetensors(f"{folder}/{name}.model.safetensors",
                          {k: v.numpy().astype(np.float16) for k, v in weights.items() if "num_batches" not in k},
                          twin.metadata(net, classes))
    twin.save_safetensors(f"{folder}/{name}.expected.safetensors",
                          {"input.labels": y.astype(np.uint8), "input.class_weights": w, **t})
    print(f"{name}: seed {seed}, float32 against float64 {worst:.1e}")


def networks(folder):
    import torch
    torch.set_default_dtype(torch.float64)
    os.makedirs(folder)
    def narrow(arch, leads, width, outputs, **change):
        split = {"branches": change.pop("branches")} if "branches" in change else {}
        net = twin.ARCHITECTURES[arch](leads, width, outputs, **split)
        for b in (b for branch in net["branches"] for b in branch["blocks"]):
            b["dropout"] = 0.0
            if change.get("attention") is False: b["attention"] = False
        net.update({k: v for k, v in change.items() if k != "attention"})
        return net
    golden(folder, "narrow-metaheart2020", narrow("metaheart2020", 12, 3, 27))
    for leads in (12, 2):
        golden(folder, f"narrow-multiscale2021-{leads}", narrow("multiscale2021", leads, 3, 30))
    golden(folder, "narrow-even", narrow("multiscale2021", 4, 3, 5, branches=(1, 4)))  # kernels of two leads
    golden(folder, "narrow-flatten", narrow("multiscale2021", 2, 3, 5, branches=(1, 2), head="flatten", samples=200,
                                            attention=False))

# ---------------------------------------------------------------- labels and outputs

EQUAL = [("713427006", "59118001"), ("284470004", "63593006"), ("427172004", "17338001"), ("733534002", "164909002")]

def scores(folder, year):
    """Labels and outputs of made-up recordings with what an output may hold, and the scores of scorer.py."""
    rng = np.random.RandomState(year)
    weights = f"{HERE}/weights_{year}.csv"
    codes = [c for column in open(weights).readline().strip().split(",")[1:] for c in column.split("|")]
    os.makedirs(f"{folder}/labels")
    os.makedirs(f"{folder}/outputs")
    for i in range(32):
        name = f"M{year % 100}{i:02d}"
        mine = list(rng.choice(codes, rng.choice([1, 1, 1, 2, 3]), replace=False)) if i % 4 else ["426783006"]
        if i % 9 == 5: mine.append("429622005")                              # not scored
        if i % 11 == 7: mine = ["55827005"]                                   # nothing that is scored
        if i % 13 == 8: mine.append(mine[0])                                  # twice
        write(f"{folder}/labels/{name}.hea", f"{name} 1 500 5000\n{name}.mat 16+24 1000/mV 16 0 0 0 0 II\n"
              f"#Age: {20 + i}\n#Sex: {'Female' if i % 2 else 'Male'}\n#Dx: {','.join(mine)}\n")
        columns = [codes[k] for k in rng.permutation(len(codes))[:len(codes) - rng.choice([0, 0, 2, 6])]]
        if year == 2021 and i % 3 == 0:                                       # equal codes in one column
            columns = [c for c in columns if not any(c == b for _, b in EQUAL)]
            columns = ["|".join(p) if (p := next((p for p in EQUAL if c == p[0]), None)) else c for c in columns]
        if i % 5 == 2: columns.append("55827005")
        called, values = [], []
        for c in columns:
            right = bool(set(c.split("|")) & set(mine))
            on = rng.rand() < (0.6 if right else 0.06)
            called.append(str(rng.choice(["1", "1", "True", "T", "true", "t", "1.0"] if on else
                                         ["0", "0", "False", "F", "", "0.0"])) if i % 2 else str(int(on)))
            values.append(f"{np.clip(0.35 * right + 0.6 * rng.rand(), 0, 1):.2f}")  # two digits: many ties
            if i % 6 == 1 and rng.rand() < 0.1: values[-1] = "nan"
        if i == 12: called = ["0"] * len(columns)
        write(f"{folder}/outputs/{name}.csv", f"#{name}\n" + "\n".join(",".join(r) for r in (columns, called, values)) + "\n")
    expected = scorer.score(year, weights, f"{folder}/labels", f"{folder}/outputs")
    write(f"{folder}/scores_{year}.json", json.dumps(expected, indent=1) + "\n")

# ---------------------------------------------------------------- WFDB, as header(5) and signal(5) describe it

def bits_of(values, widths_and_places, total):
    """One little-endian word of `total` bits from fields (value, width, place)."""
    word = 0
    for value, (width, place) in zip(values, widths_and_places):
        word |= (int(value) & ((1 << width) - 1)) << place
    return word.to_bytes(total // 8, "little")


def encode(format, x):
    """Samples in the order of a file: frame by frame, signal by signal."""
    if format == 16: return np.asarray(x, "<i2").tobytes()
    if format == 61: return np.asarray(x, ">i2").tobytes()
    if format == 24: return b"".join(bits_of([v], [(24, 0)], 24) for v in x)
    if format == 32: return np.asarray(x, "<i4").tobytes()
    if format == 80: return bytes(v + 128 for v in x)
    if format == 160: return np.asarray([v + 32768 for v in x], "<u2").tobytes()
    out = b""
    if format == 212:  # byte 0 and the low half of byte 1, then its high half and byte 2
        for i in range(0, len(x), 2):
            a, b = x[i], x[i + 1] if i + 1 < len(x) else 0
            out += bits_of([a, a >> 8, b >> 8, b], [(8, 0), (4, 8), (4, 12), (8, 16)], 24)[:3 if i + 1 < len(x) else 2]
    if format == 310:  # two words with a sample above their lowest bit; a third one's halves above those
        for i in range(0, len(x), 3):
            a, b, c = (list(x[i:i + 3]) + [0, 0])[:3]
            out += bits_of([a, b, c, c >> 5], [(10, 1), (10, 17), (5, 11), (5, 27)], 32)[:4 if len(x) - i > 1 else 2]
    if format == 311:  # three samples of 10 bits side by side
        for i in range(0, len(x), 3):
            a, b, c = (list(x[i:i + 3]) + [0, 0])[:3]
            out += bits_of([a, b, c], [(10, 0), (10, 10), (10, 20)], 32)[:min(len(x) - i, 3) + 1]
    return out


def flac(bits, x, channels, path):
    raw = encode(bits, x) if bits > 8 else np.asarray(x, "i1").tobytes()
    subprocess.run(["flac", "--totally-silent", "--force", "--no-padding", "--force-raw-format", "--endian=little",
                    "--sign=signed", f"--channels={channels}", f"--bps={bits}", "--sample-rate=96000", "-o", path, "-"],
                   input=raw, check=True)


class Layouts:
    """Recordings of every layout; `expected` gathers the integers that were written, None where a sample is missing."""

    def __init__(self, folder):
        self.folder, self.expected, self.rng = folder, [], np.random.RandomState(5)
        os.makedirs(folder)

    def draw(self, bits, count, missing=True):
        """Integers of `bits` bits, both ends among them; every tenth the format's invalid value."""
        x = [int(v) for v in self.rng.randint(-2 ** (bits - 1) + 1, 2 ** (bits - 1), count)]
        x[1], x[2] = 2 ** (bits - 1) - 1, -2 ** (bits - 1) + 1
        if missing: x[9::10] = [-2 ** (bits - 1)] * len(x[9::10])
        return x

    def write(self, name, data):
        with open(f"{self.folder}/{name}", "wb") as f: f.write(data)

    def row(self, file, format, bits, x, lead, gain=200, baseline=0):
        return f"{file} {format} {gain}({baseline})/mV {bits} 0 {x[0]} {checksum(x)} 0 {lead}"

    def header(self, name, first, rows):
        write(f"{self.folder}/{name}.hea", "\n".join([first] + rows) + "\n")

    def expect(self, name, rate, leads, frequency=None):
        """leads: (name, gain, baseline, integers, invalid value)"""
        self.expected.append(dict(record=name, rate_hz=rate, leads=[
            dict(name=n, gain=g, baseline=b, samples=[None if v in (None, invalid) else v for v in x])
            for n, g, b, x, invalid in leads]))

    def two_signals(self, format, bits, frames=61, offset=b"", suffix="dat", record=None):
        name = record or f"format{format}"
        x = self.draw(bits, 2 * frames)
        signals = [x[0::2], x[1::2]]
        if format > 500: flac(bits, x, 2, f"{self.folder}/{name}.{suffix}")
        else: self.write(f"{name}.{suffix}", offset + encode(format, x))
        shown = f"{format}+{len(offset)}" if offset else str(format)
        gains = ((200, 0), (100, 7))
        self.header(name, f"{name} 2 500 {frames}", [self.row(f"{name}.{suffix}", shown, bits, s, lead, g, b)
                                                   for s, lead, (g, b) in zip(signals, ("I", "II"), gains)])
        self.expect(name, 500, [(lead, g, b, s, -2 ** (bits - 1)) for s, lead, (g, b) in zip(signals, ("I", "II"), gains)])

    def differences(self):
        """Format 8 holds first differences; the header has the value before the first."""
        start, steps = (100, -50), [[int(v) for v in self.rng.randint(-128, 128, 61)] for _ in range(2)]
        signals = [list(np.cumsum(s) + a) for s, a in zip(steps, start)]
        self.write("format8.dat", np.array(steps, "i1").T.tobytes())
        self.header("format8", "format8 2 500 61", [f"format8.dat 8 200(0)/mV 12 0 {a} {checksum(s)} 0 {lead}"
                                                   for a, s, lead in zip(start, signals, ("I", "II"))])
        self.expect("format8", 500, [(lead, 200, 0, [int(v) for v in s], None) for lead, s in zip(("I", "II"), signals)])

    def several_files(self):
        parts = [("I", 16, 16), ("II", 212, 12), ("V1", 80, 8)]
        leads = [(lead, 200, 0, self.draw(bits, 35), -2 ** (bits - 1)) for lead, _, bits in parts]
        for (lead, format, _), (_, _, _, x, _) in zip(parts, leads): self.write(f"files_{lead}.dat", encode(format, x))
        self.header("files", "files 3 250 35", [self.row(f"files_{lead}.dat", format, bits, x, lead)
                                               for (lead, format, bits), (_, _, _, x, _) in zip(parts, leads)])
        self.expect("files", 250, leads)

    def skew(self):
        """The second signal is written three frames late, so its last three samples are not in the file."""
        frames, x, y = 40, self.draw(16, 40), self.draw(16, 40)
        self.write("skewed.dat", encode(16, [v for pair in zip(x, y) for v in pair]))
        late = y[3:] + [None] * 3
        self.header("skewed", f"skewed 2 360 {frames}", [self.row("skewed.dat", "16", 16, x, "I"),
                                                        f"skewed.dat 16:3 200(0)/mV 16 0 {y[0]} {checksum(y)} 0 II"])
        self.expect("skewed", 360, [("I", 200, 0, x, -32768), ("II", 200, 0, late, -32768)])

    def mixed_rates(self):
        """Frames of 4 + 1 + 2 samples: lower rates are held to the highest."""
        frames, each = 20, (4, 1, 2)
        signals = [self.draw(16, frames * n) for n in each]
        file = [v for f in range(frames) for s, n in zip(signals, each) for v in s[f * n:(f + 1) * n]]
        self.write("rates.dat", encode(16, file))
        self.header("rates", f"rates 3 125 {frames}", [self.row("rates.dat", f"16x{n}" if n > 1 else "16", 16, s, lead)
                                                      for s, n, lead in zip(signals, each, ("I", "II", "V1"))])
        self.expect("rates", 500, [(lead, 200, 0, [v for v in s for _ in range(4 // n)], -32768)
                                   for s, n, lead in zip(signals, each, ("I", "II", "V1"))])

    def segments(self):
        """A fixed layout with a gap between two segments, and a variable one whose second segment lacks a signal."""
        a = [self.draw(16, 30), self.draw(16, 30)]
        b = self.draw(16, 25)
        self.write("part_a.dat", encode(16, [v for pair in zip(*a) for v in pair]))
        self.write("part_b.dat", encode(16, b))
        self.header("part_a", "part_a 2 500 30", [self.row("part_a.dat", "16", 16, x, l) for x, l in zip(a, ("I", "II"))])
        self.header("part_b", "part_b 1 500 25", [self.row("part_b.dat", "16", 16, b, "II", 100)])
        write(f"{self.folder}/fixed.hea", "fixed/3 2 500 70\npart_a 30\n~ 10\npart_a 30\n")
        gap = [None] * 10
        self.expect("fixed", 500, [(l, 200, 0, x + gap + x, -32768) for x, l in zip(a, ("I", "II"))])
        self.header("layout", "layout 2 500 0", ["~ 0 200/mV 16 0 0 0 0 I", "~ 0 200/mV 16 0 0 0 0 II"])
        write(f"{self.folder}/variable.hea", "variable/4 2 500 65\nlayout 0\npart_a 30\n~ 10\npart_b 25\n")
        # Twice the gain of part_b: in units of the first segment its samples count double.
        doubled = [None if v == -32768 else 2 * v for v in b]
        self.expect("variable", 500, [("I", 200, 0, a[0] + gap + [None] * 25, -32768), ("II", 200, 0, a[1] + gap, -32768)])
        self.expected[-1]["leads"][1]["samples"] += doubled


def wfdb(folder):
    make = Layouts(folder)
    make.differences()
    for format, bits in ((16, 16), (24, 24), (32, 32), (61, 16), (80, 8), (160, 16), (212, 12), (310, 10), (311, 10),
                         (508, 8), (516, 16), (524, 24)):
        make.two_signals(format, bits)
    # MATLAB v4: type 30 (int16), rows, columns, not complex, length of the name and the name, as the Challenges publish.
    make.two_signals(16, 16, offset=np.array([30, 2, 61, 0, 4], "<i4").tobytes() + b"val\0", suffix="mat", record="matlab")
    make.several_files()
    make.skew()
    make.mixed_rates()
    make.segments()
    text = ",\n".join(json.dumps(r) for r in make.expected)
    write(f"{folder}/layouts.json", f"[\n{text}\n]\n")

# ---------------------------------------------------------------- all of it

PARTS = ("prepared", "networks", "scores2020", "scores2021", "wfdb")

def make_all(root):
    prepared(f"{root}/prepared")
    networks(f"{root}/networks")
    for year in (2020, 2021): scores(f"{root}/scores{year}", year)
    wfdb(f"{root}/wfdb")


def differences(a, b):
    """Numbers to a part in 10^6 of a tensor's largest, everything else to the byte."""
    if a.endswith(".safetensors"):
        (x, how), (y, other) = twin.load_safetensors(a), twin.load_safetensors(b)
        if how != other or x.keys() != y.keys(): return "other tensors or metadata"
        off = [k for k in x if x[k].shape != y[k].shape or
               np.abs(x[k].astype(float) - y[k]).max() > 1e-6 * max(np.abs(y[k].astype(float)).max(), 1e-3)]
        return f"other values: {', '.join(off)}" if off else ""
    if open(a, "rb").read(4) == b"fLaC":
        a, b = (subprocess.run(["flac", "-dcs", f], check=True, capture_output=True).stdout for f in (a, b))
        return "" if a == b else "other samples"
    return "" if open(a, "rb").read() == open(b, "rb").read() else "other bytes"


def check():
    with tempfile.TemporaryDirectory() as fresh:
        make_all(fresh)
        bad = 0
        for part in PARTS:
            trees = [{os.path.relpath(os.path.join(d, f), root) for d, _, files in os.walk(f"{root}/{part}") for f in files}
                     for root in (fresh, HERE)]
            for name in sorted(trees[0] | trees[1]):
                said = (differences(f"{fresh}/{name}", f"{HERE}/{name}") if name in trees[0] & trees[1] else
                        "only " + ("fresh" if name in trees[0] else "here"))
                if said: print(f"{name}: {said}")
                bad += bool(said)
        print(f"{bad} files differ")
        return bad > 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]: sys.exit(check())
    for part in PARTS: shutil.rmtree(f"{HERE}/{part}", ignore_errors=True)
    make_all(HERE)
