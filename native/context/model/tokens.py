"""Splits text into tokens as `src/search/embedding.rs` does: words, split like identifiers, then the longest known pieces."""

import re

PIECE_LENGTH_MAX = 24
WORD_LENGTH_MAX = 64


def parts(text):
    """Yields the parts of the words of a text, in lower case. Non-ASCII letters end a word, because the vocabulary has none."""
    for word in re.findall(r"[A-Za-z0-9]+", text):
        if len(word) > WORD_LENGTH_MAX:
            continue
        start = 0
        for i in range(1, len(word)):
            if word[i].isupper() and (not word[i - 1].isupper() or word[i + 1 : i + 2].islower()):
                yield word[start:i].lower()
                start = i
        yield word[start:].lower()


def pieces(part, vocabulary):
    """Returns the ids of the longest pieces of a part from the left, or an empty list if a remainder matches no piece."""
    ids, start = [], 0
    while start < len(part):
        for end in range(min(len(part), start + PIECE_LENGTH_MAX), start, -1):
            piece = part[start:end] if start == 0 else "##" + part[start:end]
            if piece in vocabulary:
                ids.append(vocabulary[piece])
                start = end
                break
        else:
            return []
    return ids


class Tokens:
    def __init__(self, vocabulary):
        self.ids = {piece: index for index, piece in enumerate(vocabulary)}
        self.known = {}

    def of(self, text):
        ids = []
        for part in parts(text):
            if part not in self.known:
                self.known[part] = pieces(part, self.ids)
            ids += self.known[part]
        return ids
