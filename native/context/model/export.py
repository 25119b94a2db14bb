"""Writes the tuned vectors as the file that is compiled into the program, and their vectors of a few texts as a test.

    python export.py OUT MODEL TEST

`src/search/embedding.rs` reads the file in place. All numbers are little-endian:

    4 bytes  "cemb"
    u32 x 3  rows, dimensions, slots
    u32      for each slot of a hash table (open addressing, FNV-1a of the token) a row number plus one, or 0
    u32      for each row the end of its token in the text below
    f32      for each row its scale
    text     the tokens, concatenated
    i8       for each row its vector
"""

import json
import struct
import sys
from pathlib import Path

import numpy as np

from tokens import Tokens

TEXTS = [
    "",
    "how is the connection pool closed",
    "def parse_args(self, argv): return self.parser.parse_known_args(argv)",
    "HTTPServer getHTTP2Url OAuth2PasswordBearer __init__ MAX_BYTES sha256Sum",
    "Größe der Übertragung 漢字 naïve",
    "x" * 70 + " qqqxzzj antidisestablishmentarianism",
    "fn retry<T>(attempts: usize) { for _ in 0..attempts { connect()?; } }" * 20,
]


def fnv1a(data):
    value = 0x811C9DC5
    for byte in data:
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def main():
    out, model, test = map(Path, sys.argv[1:4])
    tuned = np.load(out / "tuned.npz")
    tokens, vectors = tuned["tokens"].tolist(), tuned["vectors"].astype(np.float32)
    scales = np.abs(vectors).max(1) / 127
    rows = np.rint(vectors / np.maximum(scales, 1e-12)[:, None]).astype(np.int8)
    slots = 1 << (3 * len(tokens) // 2).bit_length()
    table = np.zeros(slots, np.uint32)
    for row, token in enumerate(tokens):
        slot = fnv1a(token.encode()) % slots
        while table[slot]:
            slot = (slot + 1) % slots
        table[slot] = row + 1
    ends = np.cumsum([len(token) for token in tokens]).astype(np.uint32)
    with open(model, "wb") as file:
        file.write(b"cemb" + struct.pack("<III", len(tokens), rows.shape[1], slots))
        for part in (table, ends, scales.astype("<f4")):
            file.write(part.tobytes())
        file.write("".join(tokens).encode())
        file.write(rows.tobytes())
    splitter = Tokens(tokens)
    expected = []
    for text in TEXTS:
        ids, counts = np.unique(splitter.of(text)[:400], return_counts=True)
        sums = (np.sqrt(counts)[:, None] * scales[ids, None] * rows[ids]).sum(0) if len(ids) else np.zeros(rows.shape[1])
        vector = sums / max(np.linalg.norm(sums), 1e-6)
        expected.append({"text": text, "tokens": [tokens[i] for i in ids], "vector": [round(float(x), 5) for x in vector]})
    test.write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n")
    print(f"{model}: {model.stat().st_size} bytes")


main()
