"""Checkpoints of the size of DistilGPT-2 and T5-small, in int8, with random weights: what `npm run bench -- writing` measures.

    python full_size.py --out /some/folder     # bench-gpt2 and bench-t5 in it, laid out as on the Hub

Their tokenizers are the small ones of this folder, filled up to the size of the vocabulary with pieces that no text has.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from transformers import GenerationConfig, GPT2Config, GPT2LMHeadModel, PreTrainedModel, T5Config, T5ForConditionalGeneration

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent))

from export.decoders import export_decoder  # noqa: E402
from export.quantize import quantize_all  # noqa: E402

CARD = """---
license: apache-2.0
base_model: none
pipeline_tag: {task}
tags: [seeded]
---

# {name}

Random weights, of the size of {like}.
"""


def gpt2() -> PreTrainedModel:
    return GPT2LMHeadModel(GPT2Config(n_layer=6, eos_token_id=50256, bos_token_id=50256, attn_implementation="eager"))


def t5() -> PreTrainedModel:
    return T5ForConditionalGeneration(T5Config(decoder_start_token_id=0))


def write_tokenizer(source: Path, out: Path, size: int) -> None:
    """Fills the vocabulary up to `size`."""
    tokenizer = json.loads((source / "tokenizer.json").read_text(encoding="utf-8"))
    model = tokenizer["model"]
    own = {added["id"]: added["content"] for added in tokenizer["added_tokens"]}
    for number in range(len(model["vocab"]), size):
        piece = own.get(number, f"\ue000{number}")
        if model["type"] == "Unigram":
            model["vocab"].append([piece, -100.0])
        else:
            model["vocab"][piece] = number
    (out / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False), encoding="utf-8")
    config = json.loads((source / "tokenizer_config.json").read_text(encoding="utf-8"))
    (out / "tokenizer_config.json").write_text(json.dumps({**config, "model_max_length": 1024}))


def main() -> None:
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--out", type=Path, required=True)
    args = flags.parse_args()
    made = [
        ("bench-gpt2", gpt2, "past", "text-generation", "seeded-gpt2-text-generation", "DistilGPT-2"),
        ("bench-t5", t5, "encoder, split", "translation", "seeded-t5-translation", "T5-small"),
    ]
    for name, make, form, task, like, size_of in made:
        torch.manual_seed(0)
        model = make().eval()
        out = args.out / name
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        with TemporaryDirectory() as folder:
            export_decoder(model, form, Path(folder))
            quantize_all(Path(folder), out)
        model.config.architectures = [type(model).__name__]
        model.config.save_pretrained(out)
        GenerationConfig.from_model_config(model.config).save_pretrained(out)
        write_tokenizer(HERE / like, out, model.config.vocab_size)
        (out / "README.md").write_text(CARD.format(task=task, name=name, like=size_of))
        size = sum(file.stat().st_size for file in out.glob("*.onnx"))
        print(f"{name}: {sum(p.numel() for p in model.parameters()) / 1e6:.0f} million parameters, {size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
