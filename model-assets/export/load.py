"""Opens a checkpoint as save_pretrained writes it, with the class that serves the task. Weights that are not there are an error."""

import inspect
import json
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase

from .heads import ENCODER_DECODERS, ENCODERS, Head, find_head, guess_task
from .transfo_xl import MENDED, PREFIX

MOST_BYTES = 2**31 - 2**24
"""Of one ONNX file, less what stands beside the weights."""


class Unfit(ValueError):
    """The checkpoint does not hold what the task needs."""


def read_head(folder: Path, task: str | None) -> Head:
    """`task`: left open, one that the class in config.json is for."""
    path = folder / "config.json"
    if not path.exists():
        raise Unfit(f"{folder} has no config.json; save_pretrained writes it")
    config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    kind = config.get("model_type", "")
    return find_head(kind, task or guess_task(kind, config.get("architectures") or []))


def load_model(folder: Path, head: Head) -> PreTrainedModel:
    """fp32, for inference. Raises where weights of the head are missing, which transformers would make up."""
    make = MENDED.get(head.class_name) or getattr(transformers, head.class_name)
    # Decoders are traced with the mask of this kind (graph.py).
    options = {} if head.model_type in ENCODERS and head.form is None else {"attn_implementation": "eager"}
    model, found = make.from_pretrained(folder, dtype=torch.float32, output_loading_info=True, local_files_only=True, **options)
    missing = sorted(found["missing_keys"])
    if missing:
        raise Unfit(f"{folder} has no weights for {', '.join(missing[:5])}{' …' if len(missing) > 5 else ''}, which {head.class_name} needs for {head.task}")
    if found["mismatched_keys"]:
        raise Unfit(f"{folder}: config.json and the weights differ in the shape of {', '.join(str(key[0]) for key in found['mismatched_keys'])}")
    check(model, head)
    return model.eval()


def check(model: PreTrainedModel, head: Head) -> None:
    config = model.config
    labels = [str(label).lower() for label in (config.id2label or {}).values()]
    if head.task == "zero-shot-classification" and not any(label.startswith("entail") for label in labels):
        raise Unfit(f"zero-shot-classification needs a label that begins with entail; there are {', '.join(labels)}")
    if head.task == "question-answering" and config.num_labels != 2:
        raise Unfit(f"question-answering needs two logits, a start and an end; num_labels is {config.num_labels}")
    if head.task == "fill-mask" and head.model_type not in ENCODER_DECODERS and getattr(config, "is_decoder", False):
        raise Unfit("fill-mask needs a model that sees what comes after the mask; is_decoder is true in config.json")
    if head.task == "text-generation" and head.model_type in ENCODERS and not config.is_decoder:
        raise Unfit("text-generation needs a model that does not see what comes after; is_decoder is false in config.json")
    size = sum(parameter.numel() * 4 for parameter in {id(each): each for each in model.parameters()}.values())
    if size > MOST_BYTES:
        raise Unfit(f"the weights are {size / 1e9:.1f} GB in floats; one ONNX file holds 2 GB, and an isolate 0.13 GB")


def inputs_of(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> list[str]:
    """What the tokenizer gives and the model takes, as a pipeline would pass it on."""
    kind = type(model).__mro__[1] if type(model).__name__.startswith(PREFIX) else type(model)
    taken = inspect.signature(kind.forward).parameters
    return [name for name in tokenizer.model_input_names if name in taken]


def name_of(model: PreTrainedModel) -> str:
    """Of its class in transformers."""
    return type(model).__name__.removeprefix(PREFIX)


def write_config(model: PreTrainedModel, folder: Path, out: Path) -> None:
    """config.json, which names the class that was exported, and generation_config.json."""
    config = model.config
    config.architectures = [name_of(model)]
    config.save_pretrained(out)
    if not model.can_generate():
        return
    if (folder / "generation_config.json").exists():
        GenerationConfig.from_pretrained(folder).save_pretrained(out)
    else:
        model.generation_config.save_pretrained(out)
