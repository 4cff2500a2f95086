#!/usr/bin/env python3
"""PyTorch twin of the two networks and SciPy twin of the preprocessing, written from the papers and from the
descriptions in docs/reproduce.md. The independent reference of the tests and of bench/peers.sh: slow, plain, and easy to check.

Needs Debian's python3-torch, python3-numpy, python3-scipy (run with /usr/bin/python3).

    twin.py prepare RECORD.hea ... -o OUT.safetensors     the prepared signals [n][leads][1000]
    twin.py predict MODEL.safetensors RECORD.hea ...      one line per record: name, probabilities
    twin.py step --arch A --leads 12 --batch 32           seconds per training step (and per inference)
    twin.py train --arch A --leads 12 --data DIR ...      trains on Challenge records, prints the history
    twin.py onnx MODEL.safetensors OUT.onnx               exports for ONNX Runtime (see onnxruntime.js; needs python3-onnx)
    twin.py random --arch A --leads 12 -o MODEL           a model file with random weights, for the two above
"""
import argparse, json, os, struct, sys, time
from fractions import Fraction
import numpy as np

LEADS = {12: "I II III aVR aVL aVF V1 V2 V3 V4 V5 V6".split(), 6: "I II III aVR aVL aVF".split(),
         4: "I II III V2".split(), 3: "I II V2".split(), 2: "I II".split()}
LEAD_KERNELS = {12: (5, 5, 5), 6: (3, 3, 3), 4: (2, 2, 2), 3: (1, 2, 2), 2: (1, 1, 2)}

# ---------------------------------------------------------------- architectures

def block(filters, kernel, stride=1, skip="identity", norm=True, attention=True, dropout=0.2):
    return dict(filters=filters, kernel=list(kernel), stride=stride, skip=skip, norm=norm,
                attention=attention, dropout=dropout)

def metaheart2020(leads=12, width=64, outputs=27):
    w = width
    blocks = [block(w, (1, 15), 2, "none", norm=False, attention=False, dropout=0.0),
              block(w, (1, 9), 2, "conv"), block(w, (1, 9), 2, "conv"), block(w, (1, 9)),
              block(2 * w, (1, 5), 2, "conv"), block(2 * w, (1, 5)),
              block(2 * w, (3, 5)), block(2 * w, (3, 5)),
              block(4 * w, (3, 3), 1, "conv"),
              block(4 * w, (3, 3)), block(4 * w, (3, 3)), block(4 * w, (3, 3))]
    return network("metaheart2020", leads, [dict(decimate=1, blocks=blocks)], outputs)

def multiscale2021(leads=12, width=64, outputs=30, taps=(3, 9, 27), branches=(1, 2, 4)):
    heights = LEAD_KERNELS[leads]
    blocks = [block(width, (1, 15), 2, "conv"), block(width, (1, 9), 2, "conv")]
    blocks += [block(width, (heights[i], taps[i])) for i in range(3)]
    return network("multiscale2021", leads, [dict(decimate=d, blocks=blocks) for d in branches], outputs)

def network(name, leads, branches, outputs):
    return dict(name=name, leads=LEADS[leads], samples=1000, branches=branches, outputs=outputs, head="gap",
                dropout="spatial", attention_reduction=16, batch_norm=dict(epsilon=1e-3, momentum=0.99))

ARCHITECTURES = dict(metaheart2020=metaheart2020, multiscale2021=multiscale2021)

# ---------------------------------------------------------------- the networks in PyTorch

def build(net):
    import torch, torch.nn as nn, torch.nn.functional as F

    def same(size, k, s):
        total = max((-(-size // s) - 1) * s + k - size, 0)
        return total // 2, total - total // 2

    class SameConv(nn.Conv2d):
        def forward(self, x):
            top, bottom = same(x.shape[2], self.kernel_size[0], self.stride[0])
            left, right = same(x.shape[3], self.kernel_size[1], self.stride[1])
            if (top, left) == (bottom, right):
                return F.conv2d(x, self.weight, self.bias, self.stride, (top, left))
            return super().forward(F.pad(x, (left, right, top, bottom)))

    class Attention(nn.Module):
        def __init__(self, channels, reduction):
            super().__init__()
            self.squeeze = nn.Linear(channels, max(1, channels // reduction))
            self.excite = nn.Linear(max(1, channels // reduction), channels)

        def forward(self, x):
            gate = torch.sigmoid(self.excite(F.relu(self.squeeze(x.mean((2, 3))))))
            return x * gate[:, :, None, None]

    class Block(nn.Module):
        def __init__(self, channels, b):
            super().__init__()
            self.conv = SameConv(channels, b["filters"], tuple(b["kernel"]), (1, b["stride"]), bias=not b["norm"])
            if b["norm"]:
                bn = net["batch_norm"]
                self.norm = nn.BatchNorm2d(b["filters"], eps=bn["epsilon"], momentum=1 - bn["momentum"])
            if b["attention"]:
                self.attention = Attention(b["filters"], net["attention_reduction"])
            if b["skip"] == "conv":
                self.skip = SameConv(channels, b["filters"], 1, (1, b["stride"]))
            self.kind, self.drop = b["skip"], b["dropout"]

        def forward(self, x):
            y = self.conv(x)
            if hasattr(self, "norm"): y = self.norm(y)
            y = F.relu(y)
            if hasattr(self, "attention"): y = self.attention(y)
            if self.drop: y = (F.dropout2d if net["dropout"] == "spatial" else F.dropout)(y, self.drop, self.training)
            if self.kind == "none": return y
            return F.relu(y + (self.skip(x) if self.kind == "conv" else x))

    class Branch(nn.Module):
        def __init__(self, spec):
            super().__init__()
            self.decimate, self.count, channels = spec["decimate"], len(spec["blocks"]), 1
            for j, b in enumerate(spec["blocks"]):
                setattr(self, f"block{j}", Block(channels, b)); channels = b["filters"]
            self.channels = channels

        def forward(self, x):
            x = x[..., ::self.decimate]
            for j in range(self.count): x = getattr(self, f"block{j}")(x)
            return x.mean((2, 3)) if net["head"] == "gap" else x.flatten(1)

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.branches, features = len(net["branches"]), 0
            for i, spec in enumerate(net["branches"]):
                branch = Branch(spec); setattr(self, f"branch{i}", branch)
                shape = 1
                if net["head"] == "flatten":
                    t = -(-net["samples"] // spec["decimate"])
                    for b in spec["blocks"]: t = -(-t // b["stride"])
                    shape = len(net["leads"]) * t
                features += branch.channels * shape
            self.head = nn.Linear(features, net["outputs"])
            for m in self.modules():
                if isinstance(m, (nn.Conv2d, nn.Linear)):
                    nn.init.xavier_uniform_(m.weight)
                    if m.bias is not None: nn.init.zeros_(m.bias)

        def forward(self, x):                       # [batch][1][leads][samples] -> logits [batch][outputs]
            return self.head(torch.cat([getattr(self, f"branch{i}")(x) for i in range(self.branches)], 1))

    return Network()

def randomise(model):
    """Biases, gains and running statistics as after some training, so that every part of the network shows in its output."""
    import torch
    for name, m in model.named_modules():
        if isinstance(m, torch.nn.BatchNorm2d):
            m.running_mean.uniform_(-0.5, 0.5); m.running_var.uniform_(0.3, 2.0); m.weight.data.uniform_(0.5, 1.5); m.bias.data.uniform_(-0.3, 0.3)
        elif getattr(m, "bias", None) is not None:
            m.bias.data.uniform_(-0.3, 0.3)
            if name.endswith("squeeze"): m.bias.data.add_(0.4)
        if name.endswith("excite"): m.weight.data.mul_(2.0)
    model.head.weight.data.mul_(4.0)

def class_weights(positives, records, epsilon=0.01):
    return np.maximum(np.log2(1.0 / (np.asarray(positives, float) / records + epsilon)), 0.0)

def weighted_bce(logits, labels, weights):
    """Equation (1): w_i on both terms, mean over classes and over the batch."""
    import torch, torch.nn.functional as F
    return (F.binary_cross_entropy_with_logits(logits, labels, reduction="none") * weights).mean()

# ---------------------------------------------------------------- records and preprocessing

def read_record(path):
    """Challenge record: 16-bit interleaved signal behind the header's byte offset -> rate, names, mV [leads][n], codes."""
    lines = open(path, encoding="utf-8", errors="replace").read().splitlines()
    first = lines[0].split(); n, rate = int(first[1]), float(first[2].split("/")[0])
    names, gain, base = [], [], []
    for line in lines[1:n + 1]:
        f = line.split(); names.append(f[-1]); g = f[2].split("/")[0]; offset = int(f[1].split("+")[1]) if "+" in f[1] else 0
        if "(" in g: g, b = g.rstrip(")").split("("); base.append(int(b))
        else: base.append(int(f[4]))
        gain.append(float(g) or 200.0)
    file = os.path.join(os.path.dirname(path), lines[1].split()[0])
    adc = np.fromfile(file, "<i2", offset=offset)[: int(first[3]) * n].reshape(-1, n).T.astype(float)
    adc[adc == -32768] = np.nan
    codes = [c.strip() for l in lines if l.replace(" ", "").startswith("#Dx:") for c in l.split(":", 1)[1].split(",") if c.strip()]
    return rate, names, (adc - np.array(base)[:, None]) / np.array(gain)[:, None], codes

def prepare(rate, signal, band=(0.05, 35.0), target=100.0, seconds=10.0, order=3, ends="line"):
    """Resample, band-pass, first 10 s, z-score, zero-pad -> [leads][1000] float32.
    ends: what the resampler assumes beyond the ends, "line" or (models before it) "zero"."""
    from scipy import signal as sp
    x = np.array(signal, float)
    for lead in x:                                   # missing samples: straight lines between their neighbours
        bad = np.isnan(lead)
        if bad.any(): lead[bad] = np.interp(np.flatnonzero(bad), np.flatnonzero(~bad), lead[~bad]) if not bad.all() else 0.0
    flat = np.ptp(x, axis=1, keepdims=True) < 1e-6   # mV, before resampling: its zero padding would give a constant lead edges
    ratio = Fraction(target / rate).limit_denominator(1000)
    pad = {"line": "line", "zero": "constant"}[ends]
    if ratio != 1: x = sp.resample_poly(x, ratio.numerator, ratio.denominator, axis=1, padtype=pad)
    sos = sp.butter(order, band, "bandpass", fs=target, output="sos")
    x = sp.sosfiltfilt(sos, x, axis=1)
    want = int(round(seconds * target)); x = x[:, :want]
    std = x.std(1, keepdims=True); flat |= std < 1e-6
    x = np.where(flat, 0.0, (x - x.mean(1, keepdims=True)) / np.where(flat, 1.0, std))
    return np.pad(x, ((0, 0), (0, want - x.shape[1]))).astype(np.float32)

def pick_leads(names, mv, leads):
    """The model's leads by name; limb leads absent from the file are derived from I and II."""
    have = {n.lower(): mv[i] for i, n in enumerate(names)}
    if "i" in have and "ii" in have:
        one, two = have["i"], have["ii"]
        for name, value in (("iii", two - one), ("avr", -(one + two) / 2), ("avl", one - two / 2), ("avf", two - one / 2)):
            have.setdefault(name, value)
    return np.stack([have[l.lower()] for l in leads])

def load_prepared(path, leads, band, ends="line"):
    rate, names, mv, codes = read_record(path)
    return prepare(rate, pick_leads(names, mv, leads), band, ends=ends), codes

# ---------------------------------------------------------------- safetensors, written out plainly

def save_safetensors(path, tensors, metadata=None):
    header, offset, blobs = {}, 0, []
    if metadata: header["__metadata__"] = metadata
    for name, a in tensors.items():
        a = np.ascontiguousarray(a); kind = {"f": "F", "i": "I", "u": "U"}[a.dtype.kind] + str(8 * a.dtype.itemsize)
        header[name] = dict(dtype=kind, shape=list(a.shape), data_offsets=[offset, offset + a.nbytes])
        offset += a.nbytes; blobs.append(a.tobytes())
    text = json.dumps(header, separators=(",", ":")).encode(); text += b" " * (-len(text) % 8)
    with open(path, "wb") as f: f.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))

def load_safetensors(path):
    raw = open(path, "rb").read(); n = struct.unpack("<Q", raw[:8])[0]; header = json.loads(raw[8:8 + n])
    meta = header.pop("__metadata__", {})
    kinds = dict(F64="<f8", F32="<f4", F16="<f2", I64="<i8", I32="<i4", I16="<i2", I8="i1",
                 U64="<u8", U32="<u4", U16="<u2", U8="u1", BOOL="?")
    return {k: np.frombuffer(raw, kinds[v["dtype"]], offset=8 + n + v["data_offsets"][0],
                             count=int(np.prod(v["shape"]))).reshape(v["shape"]) for k, v in header.items()}, meta

def metadata(net, classes, band=(0.05, 35.0), thresholds=None, fallback=None, ends=None):
    how = {} if ends is None else dict(ends=ends)    # a file without the key means "zero"
    return {"leadwise.format": "leadwise.model/1", "leadwise.network": json.dumps(net),
            "leadwise.preprocessing": json.dumps(dict(rate_hz=100, band_hz=list(band), filter="butterworth-zero-phase",
                                                      filter_order=3, window_s=10, normalise="zscore", **how)),
            "leadwise.classes": json.dumps(classes),
            "leadwise.decision": json.dumps(dict(thresholds=thresholds or [0.5] * net["outputs"], fallback=fallback))}

def save_model(path, model, net, classes, **kw):
    t = {k: v.detach().numpy().astype(np.float32) for k, v in model.state_dict().items() if "num_batches" not in k}
    save_safetensors(path, t, metadata(net, classes, **kw))

def load_model(path):
    import torch
    tensors, meta = load_safetensors(path); net = json.loads(meta["leadwise.network"]); model = build(net)
    model.load_state_dict({k: torch.tensor(np.array(v)) for k, v in tensors.items()}, strict=False)
    return model.eval(), net, meta

# ---------------------------------------------------------------- command line

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    s = p.add_subparsers(dest="do", required=True)
    a = s.add_parser("prepare"); a.add_argument("records", nargs="+"); a.add_argument("-o", required=True)
    a.add_argument("--leads", type=int, default=12); a.add_argument("--band", type=float, nargs=2, default=(0.05, 35.0))
    a = s.add_parser("predict"); a.add_argument("model"); a.add_argument("records", nargs="+")
    a = s.add_parser("step"); a.add_argument("--arch", default="multiscale2021"); a.add_argument("--leads", type=int, default=12)
    a.add_argument("--width", type=int, default=64); a.add_argument("--batch", type=int, default=32)
    a.add_argument("--threads", type=int, default=2); a.add_argument("--repeat", type=int, default=3); a.add_argument("--infer", action="store_true")
    a = s.add_parser("onnx"); a.add_argument("model"); a.add_argument("out")
    a = s.add_parser("random"); a.add_argument("--arch", default="multiscale2021"); a.add_argument("--leads", type=int, default=12)
    a.add_argument("--width", type=int, default=64); a.add_argument("--seed", type=int, default=1); a.add_argument("-o", required=True)
    a = s.add_parser("train"); a.add_argument("--arch", default="multiscale2021"); a.add_argument("--leads", type=int, default=12)
    a.add_argument("--width", type=int, default=64); a.add_argument("--data", nargs="+"); a.add_argument("--classes", required=True, help="CSV: codes a|b, abbreviation")
    a.add_argument("--epochs", type=int, default=20); a.add_argument("--batch", type=int, default=32); a.add_argument("--threads", type=int, default=2)
    a.add_argument("--seed", type=int, default=1); a.add_argument("-o"); a.add_argument("--band", type=float, nargs=2, default=(0.05, 35.0))
    o = p.parse_args()
    if o.do == "prepare":
        x = np.stack([load_prepared(r, LEADS[o.leads], o.band)[0] for r in o.records])
        save_safetensors(o.o, {"signals": x}); return
    import torch
    if o.do == "predict":
        model, net, meta = load_model(o.model); how = json.loads(meta["leadwise.preprocessing"])
        for r in o.records:
            x = torch.tensor(load_prepared(r, net["leads"], how["band_hz"], how.get("ends", "zero"))[0])[None, None]
            with torch.no_grad(): q = torch.sigmoid(model(x))[0].numpy()
            print(os.path.basename(r)[:-4], *(f"{v:.9g}" for v in q), sep=",")
        return
    if o.do == "onnx":
        model, net, _ = load_model(o.model)
        class Probabilities(torch.nn.Module):
            def __init__(self): super().__init__(); self.model = model
            def forward(self, x): return torch.sigmoid(self.model(x))
        torch.onnx.export(Probabilities().eval(), torch.randn(2, 1, len(net["leads"]), 1000), o.out, opset_version=13,
                          input_names=["signal"], output_names=["probability"], dynamic_axes=dict(signal={0: "batch"}, probability={0: "batch"}))
        return
    if o.do == "random":
        torch.manual_seed(o.seed); net = ARCHITECTURES[o.arch](o.leads, o.width); model = build(net)
        randomise(model)
        save_model(o.o, model, net, [dict(codes=[str(i)], abbreviation=f"C{i}") for i in range(net["outputs"])]); return
    torch.set_num_threads(o.threads); torch.manual_seed(1)
    if o.do == "step":
        net = ARCHITECTURES[o.arch](o.leads, o.width); model = build(net); x = torch.randn(o.batch, 1, o.leads, 1000)
        y = (torch.rand(o.batch, net["outputs"]) < 0.1).float(); w = torch.full((net["outputs"],), 3.0)
        adam = torch.optim.Adam(model.parameters(), 1e-3, eps=1e-7); model.train(not o.infer); times = []
        for _ in range(o.repeat + 1):
            t = time.perf_counter()
            if o.infer:
                with torch.no_grad(): torch.sigmoid(model(x))
            else:
                adam.zero_grad(); weighted_bce(model(x), y, w).backward(); adam.step()
            times.append(time.perf_counter() - t)
        kind = "inference" if o.infer else "training step"
        print(f"torch {torch.__version__} {o.arch} width {o.width} leads {o.leads} batch {o.batch} threads {o.threads}: {kind} min {min(times[1:]):.4f} s")
        return
    classes = [l.strip().split(",")[:2] for l in open(o.classes) if l.strip() and not l.startswith("#")]
    sets = [set(c[0].split("|")) for c in classes]; net = ARCHITECTURES[o.arch](o.leads, o.width, outputs=len(sets))
    xs, ys = [], []
    for d in o.data:
        for f in sorted(os.listdir(d)):
            if f.endswith(".hea"):
                x, codes = load_prepared(os.path.join(d, f), net["leads"], o.band); xs.append(x); ys.append([bool(c & set(codes)) for c in sets])
    x, y = torch.tensor(np.stack(xs))[:, None], torch.tensor(np.array(ys)).float()
    order = np.random.RandomState(o.seed).permutation(len(x)); cut = len(x) // 10; val, trn = order[:cut], order[cut:]
    torch.manual_seed(o.seed); model = build(net); weights = torch.tensor(class_weights(y[trn].sum(0).numpy(), len(trn)), dtype=torch.float32)
    adam = torch.optim.Adam(model.parameters(), 1e-3, eps=1e-7); rs = np.random.RandomState(o.seed + 1)
    for epoch in range(o.epochs):
        t, total = time.perf_counter(), 0.0; model.train(); rs.shuffle(trn)
        for i in range(0, len(trn), o.batch):
            b = trn[i:i + o.batch]; adam.zero_grad(); loss = weighted_bce(model(x[b]), y[b], weights); loss.backward(); adam.step(); total += float(loss) * len(b)
        model.eval()
        with torch.no_grad(): v = float(np.mean([float(weighted_bce(model(x[val[i:i + 32]]), y[val[i:i + 32]], weights)) for i in range(0, len(val), 32)]))
        print(f"epoch {epoch + 1} loss {total / len(trn):.5f} val_loss {v:.5f} seconds {time.perf_counter() - t:.1f}", flush=True)
    if o.o: save_model(o.o, model, net, [dict(codes=c[0].split("|"), abbreviation=c[1]) for c in classes], band=o.band, ends="line")

if __name__ == "__main__":
    main()
