#!/usr/bin/env python3
"""Write the seeds in fuzz/corpus that are not text: a model, prepared files and checkpoints. All of their numbers are made up."""
import hashlib
import json
import pathlib
import struct

corpus = pathlib.Path(__file__).resolve().parent / "corpus"
CLASSES = '[{"codes":["426783006"],"abbreviation":"NSR"},{"codes":["164889003"],"abbreviation":"AF"}]'
PREPROCESSING = json.dumps({"rate_hz": 50, "band_hz": [0.5, 20.0], "filter": "butterworth-zero-phase", "filter_order": 3,
                            "window_s": 1, "normalise": "zscore"})


def write(path, metadata, tensors):
    """A safetensors file of tensors (name, dtype, shape, bytes)."""
    header, offset = {"__metadata__": metadata}, 0
    for name, dtype, shape, data in tensors:
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-(8 + len(text)) % 64)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(t[3] for t in tensors))


def prepared(name, more):
    signals = struct.pack("<100f", *((i % 7 - 3) / 2 for i in range(100)))
    tensors = [("signals", "F32", [2, 1, 50], signals), ("labels", "U8", [2, 2], bytes([1, 0, 0, 1]))]
    metadata = {"leadwise.records": '["R1","R2"]', "leadwise.classes": CLASSES, "leadwise.leads": '["II"]',
                "leadwise.preprocessing": PREPROCESSING}
    if more:
        tensors += [("signal_hash", "U32", [2, 2], bytes(range(16))), ("age_years", "F32", [2], struct.pack("<2f", 60, 71)),
                    ("source", "U16", [2], bytes([0, 0, 1, 0])), ("sex", "U8", [2], bytes([1, 2]))]
        metadata |= {"leadwise.sources": '["north","south"]', "leadwise.groups": '["P1",""]',
                     "leadwise.format": "leadwise.prepared/1"}
    write(corpus / "prepared" / name, metadata, tensors)


def checkpoint(name, average):
    configuration = '{"batch":32}'
    floats = struct.Struct("<6f").pack(1, 2, 3, 4, 5, 6)
    tensors = [("values", "F32", [6], floats), ("best_values", "F32", [6], floats), ("adam_m", "F32", [4], floats[:16]),
               ("adam_v", "F32", [4], floats[:16]), ("history", "F64", [1, 7], struct.pack("<7d", 1, 2, 3, 4, 5, 6, 1)),
               ("counts", "I64", [8], struct.pack("<8q", 2, 3, 4, 5, 1, 0, 0, 0)),
               ("reals", "F64", [3], struct.pack("<3d", 0.5, 1e-3, 0.25))]
    if average:
        tensors.append(("average", "F32", [6], floats))
    digest = hashlib.sha256(configuration.encode() + b"\0")
    for tensor in tensors:
        digest.update(tensor[0].encode() + b"\0" + tensor[3])
    write(corpus / "checkpoint" / name, {"leadwise.format": "leadwise.checkpoint/1", "leadwise.configuration": configuration,
                                         "leadwise.sha256": digest.hexdigest()}, tensors)


def model(name):
    block = {"filters": 1, "kernel": [1, 1], "stride": 1, "skip": "none", "norm": False, "attention": False, "dropout": 0}
    network = {"name": "n", "leads": ["II"], "samples": 50, "branches": [{"decimate": 1, "blocks": [block]}], "outputs": 2,
               "head": "gap", "dropout": "spatial", "attention_reduction": 1, "batch_norm": {"epsilon": 0.001, "momentum": 0.9}}
    metadata = {"leadwise.format": "leadwise.model/1", "leadwise.network": json.dumps(network, separators=(",", ":")),
                "leadwise.preprocessing": PREPROCESSING, "leadwise.classes": CLASSES,
                "leadwise.decision": '{"thresholds":[0.5,0.5],"fallback":null}'}
    number = struct.pack("<f", 0.5)
    tensors = [("branch0.block0.conv.weight", "F32", [1, 1, 1, 1], number), ("branch0.block0.conv.bias", "F32", [1], number),
               ("head.weight", "F32", [2, 1], 2 * number), ("head.bias", "F32", [2], 2 * number)]
    write(corpus / "model" / name, metadata, tensors)


model("least")
prepared("least", False)
prepared("all", True)
checkpoint("plain", False)
checkpoint("average", True)
