"""Writes a checkpoint's folder: the graph in int8 with embeddings in 4 bits, its weights beside it, config and tokenizer, as the Hub lays them out."""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import BertForSequenceClassification, PreTrainedModel

from export.embeddings import FEW
from export.graph import Axes, Graph, Tensors, write_graph
from export.quantize import quantize
from export.read import export_reader

from .train import Example

INPUTS = ["input_ids", "attention_mask", "token_type_ids"]
TASKS = {"BertForMaskedLM": "fill-mask", "BertForTokenClassification": "token-classification", "BertForQuestionAnswering": "question-answering", "BertModel": "feature-extraction"}


def _classify(model: BertForSequenceClassification, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor) -> Tensors:
    """Gives the last hidden state too: POST /v1/forward shows both."""
    hidden = model.bert(input_ids, attention_mask, token_type_ids)
    return [model.classifier(hidden.pooler_output), hidden.last_hidden_state]


def few(learned: Sequence[Any]) -> list[Any]:
    """Enough for weights to be rounded by; always the same."""
    return random.Random(3).sample(learned, 128)


def export_fp32(model: PreTrainedModel, path: Path) -> None:
    """Inputs int64 [batch, sequence]; outputs those of export_reader. A classifier gives last_hidden_state [batch, sequence, hidden] beside its logits."""
    model.eval()
    if not isinstance(model, BertForSequenceClassification):
        export_reader(model, TASKS[type(model).__name__], INPUTS, path)
        return
    example = torch.ones(2, 8, dtype=torch.long)

    def axes(name: str) -> Axes:
        return {0: "batch"} if name == "logits" else {0: "batch", 1: "sequence"}

    graph = Graph(model, _classify, INPUTS, ["logits", "last_hidden_state"])
    with torch.no_grad():
        write_graph(graph, [example, example, torch.zeros_like(example)], path, axes)


def write_checkpoint(model: PreTrainedModel, tokenizer: Tokenizer, folder: Path, examples: Sequence[Example], least: int = FEW) -> Path:
    """Fills `folder` (its card is written by hand); returns the fp32 graph, which is not part of it. `examples`: what weights are rounded by
    (`export/rounding.py`), `few` of what the model has learned from; `least`: rows of a table that is packed into 4 bits."""
    folder.mkdir(parents=True, exist_ok=True)
    fp32 = folder.parent / f"{folder.name}.fp32.onnx"
    export_fp32(model, fp32)
    quantize(fp32, folder / "model.onnx", beside=True, embeddings=4, least=least, examples=[_fed(example) for example in examples])
    # What a model is loaded from may have had another head, or none.
    model.config.architectures = [type(model).__name__]
    model.config.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    write_settings(tokenizer, folder, model.config.max_position_embeddings)
    return fp32


def _fed(example: Example) -> dict[str, np.ndarray]:
    types = example.types or [0] * len(example.ids)
    rows = (example.ids, [1] * len(example.ids), types)
    return {name: np.array([row], np.int64) for name, row in zip(INPUTS, rows, strict=True)}


def write_settings(tokenizer: Tokenizer, folder: Path, most: int) -> None:
    """Where nothing is said of case, transformers opens a tokenizer of BERT's as one that knows none. `most`: tokens that the model takes."""
    normalizer = json.loads(tokenizer.to_str())["normalizer"]
    settings = {
        "tokenizer_class": "BertTokenizerFast",
        "do_lower_case": normalizer["lowercase"],
        "strip_accents": normalizer["strip_accents"],
        "tokenize_chinese_chars": normalizer["handle_chinese_chars"],
        "model_max_length": most,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n")


def write_modules(folder: Path, size: int) -> None:
    """What says of an encoder, in the files of sentence-transformers, that an embedding is the mean over the tokens, scaled to length 1."""
    kinds = {"Transformer": "", "Pooling": "1_Pooling", "Normalize": "2_Normalize"}
    modules = [{"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"} for i, (kind, path) in enumerate(kinds.items())]
    pooling = {"word_embedding_dimension": size, "pooling_mode_mean_tokens": True}
    (folder / "1_Pooling").mkdir(exist_ok=True)
    for name, content in (("modules.json", modules), ("1_Pooling/config.json", pooling)):
        (folder / name).write_text(json.dumps(content, indent=2) + "\n")
