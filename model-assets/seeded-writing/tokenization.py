"""The tokenizers of the seeded writing checkpoints, as `transformers` takes them, and what tokenizer_config.json says of each."""

import json
from pathlib import Path
from typing import Any

import transformers
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

HERE = Path(__file__).parent
LANGUAGES = ["de_DE", "en_XX", "fr_XX", "ro_RO"]
"""mBART's."""
TARGETS = [">>deu<<", ">>fra<<"]
"""Marian's: a text begins with one."""


def make_tokenizer(architecture: str) -> PreTrainedTokenizerFast:
    make = {"t5": _t5, "marian": _marian, "mbart": _mbart, "bart": _bart}.get(architecture)
    return make() if make else _decoder_only(architecture)


def _decoder_only(architecture: str) -> PreTrainedTokenizerFast:
    tokenizer = _read(HERE / f"tokenizers/{architecture}.json")
    end = "<|endoftext|>"
    name, options = {
        "gpt2": ("GPT2TokenizerFast", {"bos_token": end, "eos_token": end, "unk_token": end}),
        "openai-gpt": ("OpenAIGPTTokenizerFast", {"unk_token": "<unk>"}),
        "ctrl": ("PreTrainedTokenizerFast", {"unk_token": "<unk>"}),
        "transfo-xl": ("PreTrainedTokenizerFast", {"unk_token": "<unk>", "eos_token": "<eos>"}),
    }[architecture]
    return getattr(transformers, name)(tokenizer_object=tokenizer, clean_up_tokenization_spaces=architecture == "openai-gpt", **options)


def _bart() -> PreTrainedTokenizerFast:
    tokenizer = _read(HERE.parent / "seeded/tokenizers/byte-level.json")
    return transformers.BartTokenizerFast(tokenizer_object=tokenizer, mask_token=AddedToken("<mask>", lstrip=True, special=True))


def _t5() -> PreTrainedTokenizerFast:
    extra = [f"<extra_id_{i}>" for i in reversed(range(4))]
    tokenizer = _unigram(["<pad>", "</s>", "<unk>"], extra, special=["<pad>", "</s>", "<unk>", *extra])
    tokenizer.post_processor = _template("$A </s>", "$A </s> $B </s>", tokenizer, ["</s>"])
    return transformers.T5TokenizerFast(tokenizer_object=tokenizer, extra_ids=4, additional_special_tokens=extra)


def _marian() -> PreTrainedTokenizerFast:
    tokenizer = _unigram(["</s>", "<unk>"], [*TARGETS, "<pad>"], special=["</s>", "<unk>", "<pad>"])
    tokenizer.add_tokens([AddedToken(target, normalized=False) for target in TARGETS])
    tokenizer.post_processor = _template("$A </s>", "$A $B </s>", tokenizer, ["</s>"])
    # MarianTokenizer itself needs sentencepiece files; a converted checkpoint has this one, and is served by it.
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", eos_token="</s>", pad_token="<pad>")


def _mbart() -> PreTrainedTokenizerFast:
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    tokenizer = _unigram(special, [*LANGUAGES, "<mask>"], special=[*special, *LANGUAGES])
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    tokenizer.post_processor = _template("en_XX $A </s>", "en_XX $A $B </s>", tokenizer, ["en_XX", "</s>"])
    options = {"src_lang": "en_XX", "tgt_lang": "fr_XX", "additional_special_tokens": LANGUAGES}
    # The class knows 52 languages by name and gives those that it misses new ids: the vocabulary has these four alone.
    known, module = transformers.models.mbart50.tokenization_mbart50_fast.FAIRSEQ_LANGUAGE_CODES, transformers.models.mbart50.tokenization_mbart50_fast
    module.FAIRSEQ_LANGUAGE_CODES = LANGUAGES
    try:
        return transformers.MBart50TokenizerFast(tokenizer_object=tokenizer, mask_token=AddedToken("<mask>", lstrip=True, special=True), **options)
    finally:
        module.FAIRSEQ_LANGUAGE_CODES = known


def _read(path: Path) -> Tokenizer:
    return Tokenizer.from_file(str(path))


def _unigram(before: list[str], after: list[str], special: list[str]) -> Tokenizer:
    """The pieces of tokenizers/unigram.json between those of an architecture."""
    trained = json.loads((HERE / "tokenizers/unigram.json").read_text(encoding="utf-8"))
    pieces = [(piece, score) for piece, score in trained["model"]["vocab"] if piece != "<unk>"]
    vocabulary = [(piece, 0.0) for piece in before] + pieces + [(piece, 0.0) for piece in after]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=before.index("<unk>")))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.add_special_tokens([AddedToken(piece, special=True, normalized=False) for piece in special])
    return tokenizer


def _template(single: str, pair: str, tokenizer: Tokenizer, special: list[str]) -> processors.TemplateProcessing:
    return processors.TemplateProcessing(single=single, pair=pair, special_tokens=[(token, tokenizer.token_to_id(token)) for token in special])


def settings(tokenizer: PreTrainedTokenizerFast, length: int) -> dict[str, Any]:
    """tokenizer_config.json: of what the class writes, what says how to encode and decode."""
    keep = ["bos_token", "eos_token", "unk_token", "sep_token", "cls_token", "pad_token", "mask_token"]
    said = {key: str(value) for key in keep if (value := getattr(tokenizer, key)) is not None}
    if tokenizer.additional_special_tokens:
        said["additional_special_tokens"] = tokenizer.additional_special_tokens
    said |= {key: tokenizer.init_kwargs[key] for key in ("src_lang", "tgt_lang", "extra_ids") if key in tokenizer.init_kwargs}
    # The slow class's name, as on the Hub.
    name = type(tokenizer).__name__
    said["tokenizer_class"] = name if name == "PreTrainedTokenizerFast" else name.removesuffix("Fast")
    return said | {"clean_up_tokenization_spaces": bool(tokenizer.clean_up_tokenization_spaces), "model_max_length": length}
