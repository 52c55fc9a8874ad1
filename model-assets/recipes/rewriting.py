"""Marian models, which read a text and write another: how they begin, what they learn from pairs of texts, and batches of those."""

import itertools
import random
from collections.abc import Callable, Iterator, Sequence

import torch
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import GenerationConfig, MarianConfig, MarianMTModel

from . import head

PIECES = 8_000
END, PAD = 0, 1
SPECIAL = ["</s>", "<pad>"]
LENGTH = 512
"""Tokens that the models take."""
SIZE = {
    "d_model": 256, "encoder_layers": 4, "decoder_layers": 2, "encoder_attention_heads": 4, "decoder_attention_heads": 4,
    "encoder_ffn_dim": 1024, "decoder_ffn_dim": 1024,
}
SMOOTHING = 0.1

Batch = tuple[torch.Tensor, torch.Tensor]
"""Ids of what is read and of what is written, [pairs, longest], padded."""


def new_model(**generation) -> MarianMTModel:
    """Deep where it reads, which is done once, and shallow where it writes; one table of pieces for both and for the head."""
    config = MarianConfig(
        vocab_size=PIECES, decoder_vocab_size=PIECES, max_position_embeddings=LENGTH, eos_token_id=END, forced_eos_token_id=END, pad_token_id=PAD,
        decoder_start_token_id=PAD, scale_embedding=True, static_position_embeddings=True, activation_function="relu", dropout=0.0,
        attn_implementation="eager", **SIZE,
    )
    model = MarianMTModel(config)
    model.generation_config = GenerationConfig(
        eos_token_id=END, pad_token_id=PAD, decoder_start_token_id=PAD, bad_words_ids=[[PAD]], **{"max_length": LENGTH, **generation},
    )
    return model


def batches(shown: Callable[[random.Random], Sequence[tuple[str, str]]], tokenizer: Tokenizer, tokens: int, seed: int) -> Iterator[Batch]:
    """Without end: what each epoch shows, in batches of up to `tokens` on the longer side, padding included; pairs of like length together."""
    for epoch in itertools.count():
        rng = random.Random(seed + epoch)
        pairs = shown(rng)
        read, written = (encode(tokenizer, [pair[side] for pair in pairs]) for side in (0, 1))
        order = sorted(range(len(pairs)), key=lambda i: (max(len(read[i]), len(written[i])) + rng.random() * 2, rng.random()))
        cut: list[list[int]] = [[]]
        for i in order:
            if (len(cut[-1]) + 1) * max(len(read[i]), len(written[i])) > tokens and cut[-1]:
                cut.append([])
            cut[-1].append(i)
        rng.shuffle(cut)
        for batch in cut:
            yield padded([read[i] for i in batch]), padded([written[i] for i in batch])


def encode(tokenizer: Tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """Ids of each text, cut to what a model takes, with their end."""
    return [[*e.ids[:-1][: LENGTH - 1], END] for e in tokenizer.encode_batch(list(texts))]


def padded(rows: Sequence[Sequence[int]]) -> torch.Tensor:
    result = torch.full((len(rows), max(map(len, rows))), PAD)
    for row, ids in zip(result, rows, strict=True):
        row[: len(ids)] = torch.tensor(ids)
    return result


def loss_of(model: MarianMTModel, batch: Batch) -> torch.Tensor:
    """Cross-entropy of what is written, each token told those before it; a tenth of the share goes to all pieces alike."""
    read, written = batch
    before = functional.pad(written[:, :-1], (1, 0), value=PAD)
    # A padded place of what is written is before no other: it needs no mask.
    hidden = model.model(input_ids=read, attention_mask=(read != PAD).long(), decoder_input_ids=before, use_cache=False).last_hidden_state
    wanted = written != PAD
    return head.loss_of(hidden[wanted], model.lm_head.weight, written[wanted], SMOOTHING)


def write(model: MarianMTModel, tokenizer: Tokenizer, texts: Sequence[str], size: int = 64, **parameters) -> list[str]:
    """What the model makes of texts, by beams or greedily, as `parameters` say; those of like length together."""
    ids = encode(tokenizer, texts)
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    result: dict[int, str] = {}
    with torch.no_grad():
        for start in range(0, len(order), size):
            part = order[start : start + size]
            read = padded([ids[i] for i in part])
            found = model.generate(input_ids=read, attention_mask=(read != PAD).long(), **parameters)
            result |= zip(part, tokenizer.decode_batch(found.tolist()), strict=True)
    return [result[i] for i in range(len(ids))]
