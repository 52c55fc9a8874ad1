"""Trims a WordPiece vocabulary to the pieces that a corpus uses, and a model's embeddings with it.

What is cut falls apart into shorter pieces, so every text in Latin letters can still be written: their pieces of one character stay.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import PreTrainedModel

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def load_tokenizer(path: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def count_pieces(tokenizer: Tokenizer, texts: Iterable[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    batch: list[str] = []
    for text in texts:
        batch.append(text)
        if len(batch) == 10_000:
            _count(tokenizer, batch, counts)
            batch = []
    _count(tokenizer, batch, counts)
    return counts


def _count(tokenizer: Tokenizer, batch: list[str], counts: Counter[str]) -> None:
    for encoding in tokenizer.encode_batch(batch, add_special_tokens=False):
        counts.update(encoding.tokens)


def trim(tokenizer: Tokenizer, counts: Counter[str], size: int) -> tuple[Tokenizer, list[int]]:
    """Returns a tokenizer of `size` pieces and, for each of its ids, the id that the piece had before.

    Kept are the special tokens, the Latin pieces of one character, then the most frequent; their order is the old one. Of pieces that
    are as frequent the alphabet decides: a run that is resumed must keep what it kept before.
    """
    state = json.loads(tokenizer.to_str())
    old: dict[str, int] = state["model"]["vocab"]
    letters = {p for p in old if len(p.removeprefix("##")) == 1 and ord(p[-1]) < 0x250}
    kept = set(SPECIAL) | letters
    for piece in sorted(counts, key=lambda piece: (-counts[piece], piece)):
        if len(kept) >= size:
            break
        kept.add(piece)
    order = sorted(kept & old.keys(), key=old.__getitem__)
    state["model"]["vocab"] = {piece: i for i, piece in enumerate(order)}
    for token in state["added_tokens"]:
        token["id"] = order.index(token["content"])
    for token in state["post_processor"]["special_tokens"].values():
        token["ids"] = [order.index(piece) for piece in token["tokens"]]
    state["truncation"] = state["padding"] = None
    return Tokenizer.from_str(json.dumps(state)), [old[piece] for piece in order]


def trim_embeddings(model: PreTrainedModel, kept: Sequence[int]) -> None:
    """Keeps the rows `kept` of the word embeddings, in that order."""
    old = model.get_input_embeddings().weight.data
    new = torch.nn.Embedding(len(kept), old.shape[1], padding_idx=0)
    new.weight.data.copy_(old[list(kept)])
    model.set_input_embeddings(new)
    model.config.vocab_size = len(kept)


def trim_positions(model: PreTrainedModel, size: int) -> None:
    """Keeps the first `size` positions: texts can be no longer then."""
    embeddings = model.base_model.embeddings
    embeddings.position_embeddings = torch.nn.Embedding.from_pretrained(embeddings.position_embeddings.weight.data[:size], freeze=False)
    embeddings.position_ids = embeddings.position_ids[:, :size]
    embeddings.token_type_ids = embeddings.token_type_ids[:, :size]
    model.config.max_position_embeddings = size
