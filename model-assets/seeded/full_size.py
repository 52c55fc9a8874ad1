"""Encoders of the size of MiniLM-L6, DistilBERT and BERT-base, in int8, with random weights: what `npm run bench -- engine` measures.

    python full_size.py --out /some/folder     # bench-minilm, bench-minilm-fp32, bench-distilbert and bench-bert in it, laid out as on the Hub

Their tokenizer is the WordPiece of this folder, filled up to 30,522 pieces with some that no text has.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from transformers import BertConfig, BertModel, DistilBertConfig, DistilBertForSequenceClassification, PreTrainedModel

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent))
from export.quantize import quantize  # noqa: E402
from export.read import export_reader  # noqa: E402

PIECES = 30_522
INPUTS = ["input_ids", "attention_mask", "token_type_ids"]
CARD = """---
license: apache-2.0
base_model: none
pipeline_tag: {task}
tags: [seeded]
---

# {name}

Random weights, of the size of {like}.
"""


def minilm() -> PreTrainedModel:
    return BertModel(BertConfig(hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536))


def distilbert() -> PreTrainedModel:
    return DistilBertForSequenceClassification(DistilBertConfig())


def bert() -> PreTrainedModel:
    return BertModel(BertConfig())


MADE = [
    ("bench-minilm", minilm, INPUTS, "feature-extraction", "MiniLM-L6-H384"),
    ("bench-distilbert", distilbert, INPUTS[:2], "text-classification", "DistilBERT"),
    ("bench-bert", bert, INPUTS, "feature-extraction", "BERT-base"),
]


def write_tokenizer(out: Path) -> None:
    """Fills the vocabulary up to `PIECES`."""
    tokenizer = json.loads((HERE / "tokenizers/wordpiece.json").read_text(encoding="utf-8"))
    vocabulary = tokenizer["model"]["vocab"]
    for number in range(len(vocabulary), PIECES):
        vocabulary[f"\ue000{number}"] = number
    (out / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False), encoding="utf-8")
    (out / "tokenizer_config.json").write_text(json.dumps({"model_max_length": 512}))


def write_folder(out: Path, model: PreTrainedModel, graph: Path, task: str, like: str) -> None:
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    model.config.architectures = [type(model).__name__]
    model.config.save_pretrained(out)
    write_tokenizer(out)
    (out / "README.md").write_text(CARD.format(task=task, name=out.name, like=like))
    for file in graph.parent.glob(f"{graph.name}*"):
        shutil.copyfile(file, out / file.name.replace(graph.name, "model.onnx"))


def main() -> None:
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--out", type=Path, required=True)
    args = flags.parse_args()
    for name, make, inputs, task, like in MADE:
        torch.manual_seed(0)
        model = make().eval()
        with TemporaryDirectory() as folder:
            fp32, int8 = Path(folder, "fp32.onnx"), Path(folder, "model.onnx")
            export_reader(model, task, inputs, fp32)
            quantize(fp32, int8, beside=True)
            write_folder(args.out / name, model, int8, task, like)
            # What the error of int8 is measured against.
            if make is minilm:
                write_folder(args.out / f"{name}-fp32", model, fp32, task, like)
        size = sum(file.stat().st_size for file in (args.out / name).glob("model.onnx*"))
        print(f"{name}: {sum(p.numel() for p in model.parameters()) / 1e6:.0f} million parameters, {size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
