"""Graphs of what reads a text and writes none: one file without a cache, whatever the architecture.

A sequence is pooled, and a decoder's input made of the encoder's, as transformers does it, but in operations that keep their shapes:
its own pick rows by truth values (NonZero), or copy slices in place.
"""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import torch
from transformers import PreTrainedModel

from .decoders import masks_are_truth
from .graph import Axes, Graph, Names, Tensors, compare, traceable, write_graph
from .heads import ENCODER_DECODERS, ENCODERS
from .transfo_xl import type_as_takes_a_dtype

OUTPUTS = {"feature-extraction": ["last_hidden_state"], "question-answering": ["start_logits", "end_logits"]}
PER_SEQUENCE = ("text-classification", "zero-shot-classification")


def outputs_of(task: str) -> Names:
    return OUTPUTS.get(task, ["logits"])


def export_reader(model: PreTrainedModel, task: str, inputs: Names, path: Path) -> float:
    """Inputs int64 [batch, sequence]. Logits of a sequence [batch, labels], of tokens [batch, sequence, labels], of spans (start and end)
    [batch, sequence]; last_hidden_state [batch, sequence, hidden]. Returns the greatest difference from the model."""
    graph = Graph(model, _run_of(model, task), inputs, outputs_of(task))
    per_token = task not in PER_SEQUENCE

    def axes(name: str) -> Axes:
        return {0: "batch", 1: "sequence"} if per_token or name in inputs else {0: "batch"}

    with traceable():
        write_graph(graph, _example(inputs, torch.ones(2, 8, dtype=torch.long)), path, axes)
        if model.config.model_type == "transfo-xl":
            masks_are_truth(path)
        # Against the model itself, not what was traced of it.
        truth = Graph(model, _as_it_is(task), inputs, outputs_of(task))
        return compare(path, truth, [_example(inputs, ids) for ids in _texts(model)])


def _example(inputs: Names, ids: torch.Tensor) -> Tensors:
    known = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "token_type_ids": torch.zeros_like(ids)}
    return [known[name] for name in inputs]


def _texts(model: PreTrainedModel) -> list[torch.Tensor]:
    """One at a time, for some models take no more; those that pool at the end of a text have one."""
    ends = model.config.eos_token_id
    end = ends[0] if isinstance(ends, list) else ends
    tensors = [torch.randint(5, model.config.vocab_size, (1, length)) for length in (2, 9, 33)]
    for ids in tensors:
        if model.config.model_type in ENCODER_DECODERS:
            ids[ids == end] = 4
            ids[:, -1] = end
    return tensors


def _as_it_is(task: str) -> Callable[..., Tensors]:
    def run(model: PreTrainedModel, **feeds: torch.Tensor) -> Tensors:
        answer = model(**feeds)
        return [answer[name] for name in outputs_of(task)]

    return run


def _run_of(model: PreTrainedModel, task: str) -> Callable[..., Tensors]:
    kind = model.config.model_type
    if kind in ENCODERS or type(model).__name__ in ("T5EncoderModel", "T5ForTokenClassification"):
        return _as_it_is(task)
    if kind in ENCODER_DECODERS:
        return _classify_by_both if task in PER_SEQUENCE else _read_by_both(task)
    return _classify_by_decoder if task in PER_SEQUENCE else _as_it_is(task)


def _classify_by_decoder(model: PreTrainedModel, input_ids: torch.Tensor, **feeds: torch.Tensor) -> Tensors:
    """The logits of the last token, or of the last before padding."""
    head = model.classifier if hasattr(model, "classifier") else model.score
    with type_as_takes_a_dtype() if model.config.model_type == "transfo-xl" else nullcontext():
        logits = head(model.transformer(input_ids, **feeds)[0])
    padding = model.config.pad_token_id
    if padding is None:
        return [logits[:, -1]]
    return [_at_last(input_ids != padding, logits)]


def _classify_by_both(model: PreTrainedModel, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> Tensors:
    """The head on what the decoder makes of the last end of a text."""
    base = model.transformer if hasattr(model, "transformer") else model.model
    states = base(input_ids, attention_mask=attention_mask, decoder_input_ids=_shifted(model, input_ids)).last_hidden_state
    return [model.classification_head(_at_last(input_ids == model.config.eos_token_id, states))]


def _read_by_both(task: str) -> Callable[..., Tensors]:
    def run(model: PreTrainedModel, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> Tensors:
        answer = model(input_ids, attention_mask=attention_mask, decoder_input_ids=_shifted(model, input_ids))
        return [answer[name] for name in outputs_of(task)]

    return run


def _at_last(true: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """Of `values` [batch, sequence, …] those at the last place where `true` [batch, sequence] is: a sum in which the others are zeros."""
    places = torch.arange(true.shape[1])[None]
    last = (places * true).amax(1, keepdim=True)
    chosen = places == last
    return torch.where(chosen[..., None], values, 0.0).sum(1)


def _shifted(model: PreTrainedModel, input_ids: torch.Tensor) -> torch.Tensor:
    """What the decoder reads: the ids, one to the right. mBART's begin with the last of the text, its language."""
    if model.config.model_type == "mbart":
        places = torch.arange(input_ids.shape[1])[None]
        last = (input_ids != model.config.pad_token_id).sum(1, keepdim=True) - 1
        first = torch.where(places == last, input_ids, 0).sum(1, keepdim=True)
    else:
        first = torch.full_like(input_ids[:, :1], model.config.decoder_start_token_id)
    return torch.cat([first, input_ids[:, :-1]], 1)
