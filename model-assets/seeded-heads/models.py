"""Seeded models and tokenizers for every architecture and head: those of ../seeded and ../seeded-writing, and here those that they lack."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
import transformers
from transformers import PreTrainedModel, PreTrainedTokenizerFast

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "seeded-writing"), str(HERE.parent / "seeded")]

from export.heads import ENCODERS, find_head  # noqa: E402
from export.transfo_xl import MENDED  # noqa: E402


def module_of(folder: str, name: str) -> ModuleType:
    """Folders beside this one have modules of the same names."""
    spec = importlib.util.spec_from_file_location(f"{folder.replace('-', '_')}_{name}", HERE.parent / folder / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    # Before it runs: dataclasses look there.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


readers, writers = module_of("seeded", "models"), module_of("seeded-writing", "models")
LABELS = {"ForSequenceClassification": readers.ENTAILMENT, "ForTokenClassification": readers.TAGS, "ForQuestionAnswering": ["start", "end"]}
"""Labels by the end of a class's name. Those of sequences say entailment, so that one model serves both of their tasks."""
HEADS = ("classifier", "score", "qa_outputs", "classification_head", "lm_head", "generator_predictions", "cls.")
SMALL = {
    "d_model": 16, "n_embd": 16, "d_embed": 16, "n_head": 2, "num_heads": 2, "encoder_attention_heads": 2, "decoder_attention_heads": 2, "d_kv": 8, "d_head": 8,
    "n_inner": 32, "dff": 32, "d_ff": 32, "d_inner": 32, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32, "n_positions": 128, "max_position_embeddings": 128,
}
"""Half of what the writers have, in the words of each configuration."""
CLASSIFICATION = ("text-classification", "zero-shot-classification")


def make_tokenizer(kind: str) -> PreTrainedTokenizerFast:
    if kind in ENCODERS:
        return readers.make_tokenizer(kind)
    from tokenization import make_tokenizer as make

    tokenizer = make(kind)
    tokenizer.model_max_length = 128 if kind == "openai-gpt" else writers.LENGTH
    # As those of the slow classes, for which these stand.
    if kind in ("transfo-xl", "marian"):
        tokenizer.model_input_names = ["input_ids", "attention_mask"][: 1 if kind == "transfo-xl" else 2]
    return tokenizer


def make_model(kind: str, task: str, tokenizer: PreTrainedTokenizerFast) -> PreTrainedModel:
    """What the other folders have is made by them; what they lack has two layers as well, and is far from ties in what it answers."""
    name = find_head(kind, task).class_name
    if kind in ENCODERS and task != "text-generation":
        return readers.make_model(kind, task, tokenizer, 7 + list(readers.ARCHITECTURES).index(kind))
    if name in (*(head for _, head, _ in writers.ARCHITECTURES.values()), "TransfoXLLMHeadModel"):
        return writers.make_model(kind, tokenizer)
    torch.manual_seed(11)
    model = _encoder_that_writes(kind, name, tokenizer) if kind in ENCODERS else _other_head(kind, name, tokenizer)
    model.config.architectures = [name]
    return model.eval()


def _encoder_that_writes(kind: str, name: str, tokenizer: PreTrainedTokenizerFast) -> PreTrainedModel:
    config = readers.make_model(kind, "fill-mask", tokenizer, 0).config
    config.is_decoder, config.tie_word_embeddings = True, False
    config.bos_token_id, config.eos_token_id = tokenizer.cls_token_id, tokenizer.sep_token_id
    model = getattr(transformers, name)(config)
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if parameter.ndim > 1:
                parameter.normal_(0, 1.0 if "embeddings" in key else 0.5)
            elif "norm" not in key.lower():
                parameter.normal_(0, 0.3)
    return model


def _other_head(kind: str, name: str, tokenizer: PreTrainedTokenizerFast) -> PreTrainedModel:
    config = writers.make_model(kind, tokenizer).config
    for key in SMALL.keys() & config.to_dict().keys():
        setattr(config, key, SMALL[key])
    tokenizer.model_max_length = readers.LENGTH
    labels = next((labels for end, labels in LABELS.items() if name.endswith(end)), None)
    if labels:
        config.id2label, config.label2id = dict(enumerate(labels)), {label: i for i, label in enumerate(labels)}
    make: Any = MENDED.get(name) or getattr(transformers, name)
    if name.endswith("ForCausalLM"):
        config.is_decoder, config.is_encoder_decoder = True, False
    model = make(config)
    with torch.no_grad():
        writers.scale(model)
        for key, parameter in model.named_parameters():
            if key.startswith(HEADS):
                parameter.normal_(0, 0.5)
    return model


def save(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """save_pretrained writes what two modules share once, and where the head is not tied from_pretrained does not share it again."""
    if not model.config.tie_word_embeddings:
        seen: set[int] = set()
        for module in model.modules():
            weight = getattr(module, "weight", None)
            if isinstance(weight, torch.nn.Parameter):
                if id(weight) in seen:
                    module.weight = torch.nn.Parameter(weight.detach().clone())
                seen.add(id(weight))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
