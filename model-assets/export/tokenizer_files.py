"""tokenizer.json and its kin: as the checkpoint has them, or converted from what a slow tokenizer reads."""

import json
import shutil
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer
from transformers import AutoTokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from .convert_marian import convert_marian
from .load import Unfit

NAMES = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")
SPECIAL = ("bos_token", "eos_token", "unk_token", "sep_token", "cls_token", "pad_token", "mask_token", "additional_special_tokens")


def write_tokenizer(folder: Path, out: Path, model_type: str, length: int | None) -> PreTrainedTokenizerBase:
    """Writes NAMES, and opens what they say. `length`: tokens that the model takes, where the tokenizer does not say."""
    if (folder / NAMES[0]).exists():
        for name in NAMES:
            if (folder / name).exists():
                shutil.copyfile(folder / name, out / name)
    elif model_type in _CONVERTED:
        slow, tokenizer = _CONVERTED[model_type](folder)
        _save(slow, tokenizer, out, length)
    else:
        tokenizer = AutoTokenizer.from_pretrained(folder, use_fast=True, local_files_only=True)
        if not tokenizer.is_fast:
            raise Unfit(f"{folder} has no tokenizer.json, and {type(tokenizer).__name__} has no fast twin that would write it")
        tokenizer.save_pretrained(out)
        for name in [path.name for path in out.iterdir() if path.name not in NAMES and not (folder / path.name).exists()]:
            (out / name).unlink()
    return AutoTokenizer.from_pretrained(out, local_files_only=True)


def _save(slow: PreTrainedTokenizerBase, tokenizer: Tokenizer, out: Path, length: int | None) -> None:
    said: dict[str, Any] = {name: value for name in SPECIAL if (value := getattr(slow, name, None))}
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **said)
    fast.model_input_names = slow.model_input_names
    fast.save_pretrained(out)
    path = out / NAMES[1]
    config = json.loads(path.read_text(encoding="utf-8"))
    longest = min(slow.model_max_length, length or slow.model_max_length)
    config |= {"model_input_names": slow.model_input_names, "clean_up_tokenization_spaces": bool(slow.clean_up_tokenization_spaces)}
    config["model_max_length"] = longest
    path.write_text(json.dumps(config, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _ctrl(folder: Path) -> tuple[PreTrainedTokenizerBase, Tokenizer]:
    from tokenizer.convert_ctrl import convert, read_merges
    from transformers import CTRLTokenizer

    vocabulary = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
    # Pieces that the vocabulary lacks would have ids that the embeddings have not.
    return CTRLTokenizer.from_pretrained(folder), convert(vocabulary, read_merges(str(folder / "merges.txt")), strict=True)[0]


def _transfo_xl(folder: Path) -> tuple[PreTrainedTokenizerBase, Tokenizer]:
    from tokenizer.convert_transfo_xl import convert
    from transformers.models.deprecated.transfo_xl import TransfoXLTokenizer

    if not (folder / "vocab.txt").exists():
        raise Unfit(f"{folder} has no vocab.txt; vocab.bin is a pickle, which runs what is in it when it is opened: write its words there, one a line")
    slow = TransfoXLTokenizer(vocab_file=str(folder / "vocab.txt"))
    return slow, convert(slow)


_CONVERTED = {"ctrl": _ctrl, "transfo-xl": _transfo_xl, "marian": convert_marian}
"""By architectures whose tokenizers have no fast twin."""
