"""Tunes the distilled vectors on pairs of documentation and code, and measures how well they find held-out functions by their
documentation.

    python train.py OUT [EPOCHS]

The script reads OUT/distilled.npz and OUT/pairs.jsonl and writes OUT/tuned.npz. Each documentation of a batch is trained to be more
similar to its own code than to the other code of the batch, some of which is from the same package, and vice versa (InfoNCE; van den
Oord et al., 2018). The vector of a text is the sum of its tokens' vectors, where a token that occurs n times counts sqrt(n). The
weight of a token is the length of its vector times a factor that is learned separately, so that it can change quickly. The optimizer
is Adam (Kingma, Ba, 2015) with steps only for the tokens of the batch.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from scipy import sparse

from tokens import Tokens

SEED = 20261121
BATCH = 1024
TEMPERATURE = 0.05
RATE = 0.002
TOKENS_MAX = 400

# The number of pairs of one package that are together in a batch.
BLOCK = 32

# The share of the tokens of a text that are dropped in each step, so that training does not rely on a few.
DROPPED = 0.1

# More epochs overfit: held-out pairs are found less well.
EPOCHS = 2


def bags(texts, tokens):
    """Returns a row for each text, with the square root of each token's frequency."""
    starts, columns, values = [0], [], []
    for text in texts:
        ids, counts = np.unique(tokens.of(text)[:TOKENS_MAX], return_counts=True)
        columns.append(ids)
        values.append(np.sqrt(counts))
        starts.append(starts[-1] + len(ids))
    shape = (len(texts), len(tokens.ids))
    parts = (np.concatenate(values).astype(np.float32), np.concatenate(columns).astype(np.int32), np.array(starts))
    return sparse.csr_matrix(parts, shape=shape)


def unit(x):
    length = np.linalg.norm(x, axis=1, keepdims=True) + 1e-6
    return x / length, length


def reciprocal_ranks(vectors, docs, codes):
    queries, functions = unit(docs @ vectors)[0], unit(codes @ vectors)[0]
    scores = queries @ functions.T
    ranks = (scores > np.diag(scores)[:, None]).sum(1) + 1
    return np.where(ranks <= 10, 1 / ranks, 0)


def softmax(x):
    x = np.exp(x - x.max(1, keepdims=True))
    return x / x.sum(1, keepdims=True)


class Adam:
    def __init__(self, values):
        self.values, self.mean, self.square, self.steps = values, np.zeros_like(values), np.zeros_like(values), 0

    def step(self, rows, gradient, rate):
        self.steps += 1
        mean = self.mean[rows] = 0.9 * self.mean[rows] + 0.1 * gradient
        square = self.square[rows] = 0.999 * self.square[rows] + 0.001 * gradient**2
        corrected = (mean / (1 - 0.9**self.steps)) / (np.sqrt(square / (1 - 0.999**self.steps)) + 1e-8)
        self.values[rows] -= rate * corrected


def shuffled_blocks(packages, random):
    """Returns blocks of pairs of one package in random order: code of the same repository is hard to tell apart."""
    order = np.lexsort((random.random(len(packages)), packages))
    edges = np.flatnonzero(packages[order][1:] != packages[order][:-1]) + 1
    blocks = [part[first : first + BLOCK] for part in np.split(order, edges) for first in range(0, len(part), BLOCK)]
    return np.concatenate([blocks[index] for index in random.permutation(len(blocks))])


def train(vectors, docs, codes, packages, epochs, report):
    random = np.random.default_rng(SEED)
    directions = Adam(vectors.copy())
    weights = Adam(np.zeros((len(vectors), 1), np.float32))
    steps = epochs * (docs.shape[0] // BATCH)
    step = 0
    for epoch in range(epochs):
        order = shuffled_blocks(packages, random)
        losses = []
        for first in range(0, len(order) - BATCH + 1, BATCH):
            batch = order[first : first + BATCH]
            both = sparse.vstack([docs[batch], codes[batch]]).tocsc()
            both.data *= random.random(len(both.data)) >= DROPPED
            rows = np.flatnonzero(np.diff(both.indptr))
            both = both[:, rows].tocsr()
            scale = np.exp(weights.values[rows])
            scaled = directions.values[rows] * scale
            texts, lengths = unit(both @ scaled)
            doc, code = texts[:BATCH], texts[BATCH:]
            scores = doc @ code.T / TEMPERATURE
            forward, backward = softmax(scores), softmax(scores.T)
            losses.append(-np.log(np.diag(forward) + 1e-9).mean())
            slope = (forward + backward.T - 2 * np.eye(BATCH, dtype=np.float32)) / (2 * BATCH * TEMPERATURE)
            gradient = np.concatenate([slope @ code, slope.T @ doc])
            gradient = (gradient - texts * (gradient * texts).sum(1, keepdims=True)) / lengths
            scaled_gradient = both.T @ gradient
            rate = RATE * min(1, (step + 1) / 50) * (1 - step / steps)
            weights.step(rows, (scaled_gradient * scaled).sum(1, keepdims=True), rate * 5)
            directions.step(rows, scaled_gradient * scale, rate)
            step += 1
        report(epoch, np.mean(losses), directions.values * np.exp(weights.values))
    return directions.values * np.exp(weights.values)


def main():
    out = Path(sys.argv[1])
    epochs = int(sys.argv[2]) if len(sys.argv) > 2 else EPOCHS
    distilled = np.load(out / "distilled.npz")
    tokens = Tokens(distilled["tokens"].tolist())
    pairs = [json.loads(line) for line in open(out / "pairs.jsonl")]
    rows = {}
    for held_out in (False, True):
        some = [p for p in pairs if p["held_out"] == held_out]
        docs, codes = bags([p["doc"] for p in some], tokens), bags([p["code"] for p in some], tokens)
        rows[held_out] = docs, codes, np.array([p["package"] for p in some])
    docs, codes, packages = rows[True]
    started = time.time()

    def report(epoch, loss, vectors):
        found = {p: reciprocal_ranks(vectors, docs[packages == p], codes[packages == p]).mean() for p in sorted(set(packages))}
        per_package = " ".join(f"{p} {mrr:.3f}" for p, mrr in found.items())
        print(f"{time.time() - started:.0f} s, epoch {epoch}: loss {loss:.3f}, MRR@10 {np.mean(list(found.values())):.4f} ({per_package})", flush=True)

    report(-1, 0, distilled["vectors"])
    vectors = train(distilled["vectors"], *rows[False], epochs, report)
    np.savez(out / "tuned.npz", tokens=distilled["tokens"], vectors=vectors)


main()
