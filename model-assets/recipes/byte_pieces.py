"""Tokenizers of byte-level BPE: every text has pieces, so that what a model never saw can still be copied."""

from collections.abc import Iterable
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

PLAIN = [("’", "'"), ("\u00a0", " "), ("\u202f", " ")]
"""French sets its apostrophes and its narrow spaces in several ways; a model sees one."""


def learn(texts: Iterable[str], size: int, special: list[str], first_space: bool) -> Tokenizer:
    """`size` pieces, the special ones first. `first_space`: a text begins with a space that decoding takes away, so that its first
    word is the piece that it is elsewhere, and lines and indents are as good as spaces."""
    tokenizer = Tokenizer(models.BPE())
    spaces = [normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()] if first_space else []
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), *(normalizers.Replace(old, new) for old, new in PLAIN), *spaces])
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=first_space)
    tokenizer.decoder = decoders.Sequence([decoders.ByteLevel(), decoders.Strip(" ", 1, 0)]) if first_space else decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=[AddedToken(token, special=True, normalized=False) for token in special],
        initial_alphabet=alphabet, min_frequency=5, show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def end_with(tokenizer: Tokenizer, end: str) -> None:
    """Puts a token after every text."""
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"$A {end}", pair=f"$A $B {end}", special_tokens=[(end, tokenizer.token_to_id(end))],
    )


def settings(length: int, **special: str) -> dict[str, Any]:
    """tokenizer_config.json. `length`: tokens that the model takes."""
    return {**special, "tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False, "model_max_length": length}
