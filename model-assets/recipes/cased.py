"""A cased vocabulary for an uncased model: its pieces are the uncased ones as cased texts spell them, and their embeddings come from the
uncased rows.

"Munich" is a piece where the uncased model has "munich", so that what is known of a word stays in one row. A cased piece starts as its
uncased row, plus one direction of chance for a capital at the front and another for capitals throughout: a new word's capitals mean at
once what those of known words mean. Pieces that are learned from cased texts instead start as the mean of the uncased ones that spell them.
"""

from collections import Counter
from collections.abc import Iterable

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedModel

from .vocabulary import SPECIAL

CASE_NORM = 0.5
"""Length of a direction of case, in mean lengths of a row."""


def count_spellings(uncased: Tokenizer, texts: Iterable[str]) -> Counter[str]:
    """How often each cased spelling of an uncased piece stands in texts; accents are taken off, as the uncased model does."""
    words: Counter[str] = Counter()
    normalizer, splitter = normalizers.BertNormalizer(lowercase=False, strip_accents=True), pre_tokenizers.BertPreTokenizer()
    for text in texts:
        words.update(word for word, _ in splitter.pre_tokenize_str(normalizer.normalize_str(text)))
    spellings: Counter[str] = Counter()
    for word, count in words.items():
        at = 0
        for piece in uncased.encode(word, add_special_tokens=False).tokens:
            prefix = "##" if at else ""
            length = len(piece.removeprefix("##")) if at else len(piece)
            spelling = word[at : at + length]
            if f"{prefix}{spelling}".lower() == piece:
                spellings[f"{prefix}{spelling}"] += count
            at += length
    return spellings


def choose(spellings: Counter[str], size: int) -> Tokenizer:
    """A WordPiece tokenizer of the `size` most frequent spellings; what it lacks falls apart into letters, all of which it has."""
    letters = {f"{prefix}{spelling.removeprefix('##')[i]}" for spelling in spellings for i in range(len(spelling.removeprefix("##"))) for prefix in ("", "##")}
    letters = {letter for letter in letters if ord(letter[-1]) < 0x250}
    kept = dict.fromkeys([*SPECIAL, *sorted(letters)])
    for spelling in sorted(spellings, key=lambda spelling: (-spellings[spelling], spelling)):
        if len(kept) >= size:
            break
        kept[spelling] = None
    vocab = {piece: i for i, piece in enumerate(kept)}
    tokenizer = _plain(models.WordPiece(vocab, unk_token="[UNK]"))
    tokenizer.add_special_tokens(list(SPECIAL))
    return _with_template(tokenizer)


def learn(texts: Iterable[str], size: int) -> Tokenizer:
    """A WordPiece tokenizer of `size` pieces that are learned from cased texts."""
    tokenizer = _plain(models.WordPiece(unk_token="[UNK]"))
    trainer = trainers.WordPieceTrainer(vocab_size=size, special_tokens=list(SPECIAL), limit_alphabet=200, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    return _with_template(tokenizer)


def _plain(model: models.Model) -> Tokenizer:
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def _with_template(tokenizer: Tokenizer) -> Tokenizer:
    cls, sep = (("[CLS]", tokenizer.token_to_id("[CLS]")), ("[SEP]", tokenizer.token_to_id("[SEP]")))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[cls, sep]
    )
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
