"""Trains the tokenizers of the seeded writing checkpoints on the project's own text: two kinds of BPE, words, and Unigram pieces.

    python train_tokenizers.py        (tokenizers; the trainers break ties by chance, so the files are checked in)

BART's is ../seeded/tokenizers/byte-level.json.
"""

import sys
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "seeded"))

from corpus import sentences  # noqa: E402

FOLDER = HERE / "tokenizers"
PIECES = 700
CODES = ["Links", "Books", "Wikipedia", "Reviews"]
"""Control codes of CTRL, the first word of its texts: pieces like any other."""


def gpt2() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=PIECES - 1, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(sentences(3000, 1), trainer)
    # The last piece, as in GPT-2's own vocabulary.
    tokenizer.add_special_tokens([AddedToken("<|endoftext|>", special=True, normalized=False)])
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def openai_gpt() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return _word_ends(tokenizer, [], sentences(3000, 1))


def ctrl() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    texts = [f"{code} {text}" for code, text in zip(CODES * 750, sentences(3000, 1), strict=True)]
    return _word_ends(tokenizer, ["<s>", "</s>"], texts)


def _word_ends(tokenizer: Tokenizer, special: list[str], texts: list[str]) -> Tokenizer:
    """BPE whose pieces say, by </w>, where words end."""
    trainer = trainers.BpeTrainer(vocab_size=PIECES, special_tokens=["<unk>", *special], end_of_word_suffix="</w>", show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.decoder = decoders.BPEDecoder(suffix="</w>")
    return tokenizer


def transfo_xl() -> Tokenizer:
    tokenizer = Tokenizer(models.WordLevel(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    trainer = trainers.WordLevelTrainer(vocab_size=PIECES, special_tokens=["<eos>", "<unk>"], show_progress=False)
    # Numbers make the vocabulary as wide as the others: a narrow one writes in circles.
    tokenizer.train_from_iterator([*sentences(3000, 1), *map(str, range(400))], trainer)
    return tokenizer


def unigram() -> Tokenizer:
    """Pieces and scores, from which models.py makes the tokenizers of T5, mBART and Marian."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(vocab_size=PIECES, special_tokens=["<unk>"], unk_token="<unk>", show_progress=False)
    tokenizer.train_from_iterator(sentences(3000, 1), trainer)
    return tokenizer


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for make in (gpt2, openai_gpt, ctrl, transfo_xl, unigram):
        make().save(str(FOLDER / f"{make.__name__.replace('_', '-')}.json"), pretty=False)
