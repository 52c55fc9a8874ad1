"""A cased vocabulary for an uncased model: pieces are learned from cased text, and their embeddings come from the uncased rows.

A cased piece starts as the mean of the uncased pieces that spell it in lower case, plus one direction of chance for a capital at
the front and another for capitals throughout: a new word's capitals mean at once what those of known words mean.
"""

from collections.abc import Iterable

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedModel

from .vocabulary import SPECIAL

CASE_NORM = 0.5
"""Length of a direction of case, in mean lengths of a row."""


def learn(texts: Iterable[str], size: int) -> Tokenizer:
    """A WordPiece tokenizer of `size` cased pieces without accents."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=size, special_tokens=list(SPECIAL), limit_alphabet=200, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    cls, sep = (("[CLS]", tokenizer.token_to_id("[CLS]")), ("[SEP]", tokenizer.token_to_id("[SEP]")))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[cls, sep]
    )
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def start_embeddings(model: PreTrainedModel, uncased: Tokenizer, cased: Tokenizer, seed: int) -> None:
    """Replaces the word embeddings of an uncased model by rows for the cased pieces."""
    old = model.get_input_embeddings().weight.data
    known = uncased.get_vocab()
    directions = torch.randn(2, old.shape[1], generator=torch.Generator().manual_seed(seed))
    directions *= CASE_NORM * old.norm(dim=-1).mean() / directions.norm(dim=-1, keepdim=True)
    new = torch.nn.Embedding(cased.get_vocab_size(), old.shape[1], padding_idx=0)
    for piece, row in cased.get_vocab().items():
        new.weight.data[row] = old[spelled(piece, known)].mean(0)
        letters = piece.removeprefix("##")
        if piece not in SPECIAL and letters[0].isupper():
            new.weight.data[row] += directions[1 if len(letters) > 1 and letters.isupper() else 0]
    model.set_input_embeddings(new)
    model.config.vocab_size = cased.get_vocab_size()


def spelled(piece: str, known: dict[str, int]) -> list[int]:
    """Ids of the uncased pieces that spell `piece`, the longest first at each place; [UNK] where none does."""
    if piece in SPECIAL:
        return [known[piece]]
    prefix, rest = ("##", piece[2:].lower()) if piece.startswith("##") else ("", piece.lower())
    ids = []
    while rest:
        length = next((n for n in range(len(rest), 0, -1) if prefix + rest[:n] in known), 0)
        if length == 0:
            return [known["[UNK]"]]
        ids.append(known[prefix + rest[:length]])
        prefix, rest = "##", rest[length:]
    return ids
