"""Graphs of decoders, in the layouts, and with the names, of the exports that Optimum and transformers.js use."""

import inspect
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from transformers import PreTrainedModel
from transformers.cache_utils import DynamicCache, EncoderDecoderCache

from .graph import Axes, Graph, Names, Tensors, compare, tokens, traceable, write_graph
from .merge import merge

PARTS = ("key", "value")
FIRST, LATER, MERGED = "decoder_model.onnx", "decoder_with_past_model.onnx", "decoder_model_merged.onnx"


def past_names(model: PreTrainedModel, start: str, kinds: Sequence[str] = ("",)) -> Names:
    """`past_key_values.0.key` …, with `decoder.` and `encoder.` before the last word where there are both."""
    layers = getattr(model.config, "decoder_layers", None) or getattr(model.config, "num_decoder_layers", None) or model.config.num_hidden_layers
    return [f"{start}.{layer}.{kind}{part}" for layer in range(layers) for kind in kinds for part in PARTS]


def heads_of(model: PreTrainedModel) -> tuple[int, int]:
    """How many heads keys have, and of which size."""
    config = model.config
    heads = getattr(config, "decoder_attention_heads", None) or config.num_attention_heads
    return heads, getattr(config, "d_kv", None) or config.hidden_size // heads


def past(model: PreTrainedModel, length: int, batch: int, count: int) -> list[torch.Tensor]:
    heads, size = heads_of(model)
    return [torch.randn(batch, heads, length, size) for _ in range(count)]


def axes(name: str) -> Axes:
    if "mems" in name:
        return {1: "batch_size"}
    if name.startswith(("past", "present")):
        start = "encoder" if ".encoder." in name else "past_decoder" if ".decoder." in name else "past"
        return {0: "batch_size", 2: f"{start}_sequence_length" + ("" if name.startswith("past") or ".encoder." in name else " + 1")}
    return {0: "batch_size", 1: f"{'encoder_' if name.startswith('encoder') else 'total_' if name == 'attention_mask' else ''}sequence_length"}


def _decoder_only(model: PreTrainedModel, **feeds: torch.Tensor) -> Tensors:
    given = [tensor for name, tensor in feeds.items() if name.startswith("past_")]
    cache = DynamicCache.from_legacy_cache([tuple(given[i : i + 2]) for i in range(0, len(given), 2)]) if given else DynamicCache()
    known = {name: feeds[name] for name in ("input_ids", "attention_mask", "position_ids") if name in feeds}
    answer = model(**known, past_key_values=cache, use_cache=True)
    return [answer.logits, *(tensor for layer in answer.past_key_values.to_legacy_cache() for tensor in layer)]


def _without_cache(model: PreTrainedModel, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> Tensors:
    return [model(input_ids, attention_mask=attention_mask).logits]


def _memories(model: PreTrainedModel, input_ids: torch.Tensor, **mems: torch.Tensor) -> Tensors:
    answer = model(input_ids, mems=list(mems.values()))
    return [answer.prediction_scores, *answer.mems]


def _encoder(model: PreTrainedModel, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> Tensors:
    return [model.get_encoder()(input_ids, attention_mask=attention_mask).last_hidden_state]


def _decoder(model: PreTrainedModel, encoder_attention_mask: torch.Tensor, input_ids: torch.Tensor, **feeds: torch.Tensor) -> Tensors:
    given = [tensor for name, tensor in feeds.items() if name.startswith("past_")]
    layers = [tuple(given[i : i + 4]) for i in range(0, len(given), 4)]
    cache = EncoderDecoderCache.from_legacy_cache(layers) if given else EncoderDecoderCache(DynamicCache(), DynamicCache())
    # With a past the keys and values of the encoder are there: its states are not looked at.
    states = feeds.get("encoder_hidden_states")
    if states is None:
        states = torch.zeros(*encoder_attention_mask.shape, model.config.d_model)
    answer = model(attention_mask=encoder_attention_mask, decoder_input_ids=input_ids, encoder_outputs=(states,), past_key_values=cache, use_cache=True)
    present = answer.past_key_values.to_legacy_cache()
    return [answer.logits, *(tensor for layer in present for tensor in (layer[:2] if given else layer))]


def export_decoder(model: PreTrainedModel, form: str, folder: Path, keep_parts: bool = False) -> float:
    """Writes the graphs of a model in one of FORMS; returns the greatest difference from the model. `keep_parts`: of a merged file, beside it."""
    with traceable():
        difference = FORMS[form](model, folder)
    if (folder / MERGED).exists() and not keep_parts:
        (folder / FIRST).unlink()
        (folder / LATER).unlink()
    return difference


def _modern(model: PreTrainedModel, folder: Path) -> float:
    names, positions = past_names(model, "past_key_values"), _takes_positions(model)
    inputs = ["input_ids", "attention_mask", *(["position_ids"] if positions else []), *names]
    graph = Graph(model, _decoder_only, inputs, ["logits", *past_names(model, "present")])
    path = folder / "model.onnx"

    def feeds(new: int, length: int, batch: int) -> Tensors:
        return tokens(model, new, length, batch, positions) + past(model, length, batch, len(names))

    write_graph(graph, feeds(3, 4, 2), path, axes)
    return compare(path, graph, [feeds(*shape) for shape in [(5, 0, 1), (1, 5, 1), (1, 9, 4), (3, 2, 2)]])


def _takes_positions(model: PreTrainedModel) -> bool:
    """Where it does, `generate` gives them, from 0 on; RoBERTa's own would begin behind that of padding."""
    return "position_ids" in inspect.signature(type(model).forward).parameters


def _merged_decoder_only(model: PreTrainedModel, folder: Path) -> float:
    names = past_names(model, "past_key_values")
    return _merged(folder, *_split(model, folder, positions=True), names)


def _split_decoder_only(model: PreTrainedModel, folder: Path) -> float:
    first, second, feeds = _split(model, folder, positions=False)
    return max(
        compare(folder / FIRST, first, [feeds(new, 0, batch) for new, batch in [(1, 1), (7, 1), (3, 4)]]),
        compare(folder / LATER, second, [feeds(1, length, batch) for length, batch in [(1, 1), (7, 1), (9, 4)]]),
    )


def _split(model: PreTrainedModel, folder: Path, positions: bool) -> tuple[Graph, Graph, Callable]:
    names = past_names(model, "past_key_values")
    inputs, outputs = ["input_ids", "attention_mask", *(["position_ids"] if positions else [])], ["logits", *past_names(model, "present")]
    first, second = Graph(model, _decoder_only, inputs, outputs), Graph(model, _decoder_only, [*inputs, *names], outputs)

    def feeds(new: int, length: int, batch: int) -> list[torch.Tensor]:
        return tokens(model, new, length, batch, positions) + (past(model, length, batch, len(names)) if length else [])

    write_graph(first, feeds(4, 0, 2), folder / FIRST, axes)
    write_graph(second, feeds(1, 4, 2), folder / LATER, axes)
    return first, second, feeds


def _merged(folder: Path, first: Graph, second: Graph, feeds: Callable, names: Names) -> float:
    """Puts both decoders into one file, and asks it with and without a past."""
    path = folder / MERGED
    merge(folder / FIRST, folder / LATER, path)
    worst = []
    for graph, new, length, batch in [(first, 1, 0, 1), (first, 5, 0, 2), (second, 1, 5, 1), (second, 1, 9, 4)]:
        tensors = feeds(new, length, batch)
        heads, size = heads_of(graph.model)
        missing = {name: np.zeros((batch, heads, 0, size), np.float32) for name in names if name not in graph.inputs}
        missing |= {"use_cache_branch": np.array([length > 0])}
        if "encoder_hidden_states" in first.inputs and graph is second:
            missing["encoder_hidden_states"] = np.zeros((batch, tensors[0].shape[1], graph.model.config.hidden_size), np.float32)
        worst.append(compare(path, graph, [tensors], missing))
    return max(worst)


def _plain(model: PreTrainedModel, folder: Path) -> float:
    graph = Graph(model, _without_cache, ["input_ids", "attention_mask"], ["logits"])
    path = folder / "model.onnx"
    write_graph(graph, tokens(model, 4, 0, 2), path, axes)
    return compare(path, graph, [tokens(model, new, 0, batch) for new, batch in [(1, 1), (9, 1), (20, 4)]])


def _remembering(model: PreTrainedModel, folder: Path) -> float:
    layers, config = range(model.config.n_layer), model.config
    graph = Graph(model, _memories, ["input_ids", *(f"mems.{i}" for i in layers)], ["logits", *(f"new_mems.{i}" for i in layers)])
    path = folder / "model.onnx"

    def feeds(new: int, batch: int, fill: Callable) -> list[torch.Tensor]:
        return [torch.randint(5, min(300, config.vocab_size), (batch, new)), *(fill(config.mem_len, batch, config.d_model) for _ in layers)]

    write_graph(graph, feeds(3, 2, torch.randn), path, axes)
    masks_are_truth(path)
    asked = [(1, 1, torch.randn), (7, 1, torch.zeros), (40, 1, torch.zeros), (1, 4, torch.randn), (5, 2, torch.randn)]
    return compare(path, graph, [feeds(*shape) for shape in asked])


def masks_are_truth(path: Path) -> None:
    """Transformer-XL adds two masks of truth values, which ONNX calls Or."""
    file = onnx.load(path)
    masks = {node.output[0] for node in file.graph.node if node.op_type == "Trilu"}
    for node in file.graph.node:
        if node.op_type == "Add" and masks.issuperset(node.input):
            node.op_type = "Or"
    onnx.save(file, path)


def _encoder_decoder(model: PreTrainedModel, folder: Path) -> tuple[Graph, Graph, Callable, Names, float]:
    encoder = Graph(model, _encoder, ["input_ids", "attention_mask"], ["last_hidden_state"])
    path = folder / "encoder_model.onnx"
    write_graph(encoder, tokens(model, 5, 0, 2), path, axes)
    both = ("decoder.", "encoder.")
    names = past_names(model, "past_key_values", both)
    first = Graph(model, _decoder, ["encoder_attention_mask", "input_ids", "encoder_hidden_states"], ["logits", *past_names(model, "present", both)])
    second = Graph(model, _decoder, ["encoder_attention_mask", "input_ids", *names], ["logits", *past_names(model, "present", both[:1])])

    def feeds(new: int, length: int, batch: int) -> list[torch.Tensor]:
        ids, mask = torch.randint(5, model.config.vocab_size, (batch, new)), torch.ones(batch, 6, dtype=torch.long)
        if not length:
            return [mask, ids, torch.randn(batch, 6, model.config.d_model)]
        return [mask, ids, *(past(model, length if "decoder" in name else 6, batch, 1)[0] for name in names)]

    write_graph(first, feeds(3, 0, 2), folder / FIRST, axes)
    write_graph(second, feeds(1, 4, 2), folder / LATER, axes)
    worst = compare(path, encoder, [tokens(model, new, 0, batch) for new, batch in [(1, 1), (9, 1), (30, 3)]])
    return first, second, feeds, names, worst


def _split_encoder_decoder(model: PreTrainedModel, folder: Path) -> float:
    first, second, feeds, _, worst = _encoder_decoder(model, folder)
    return max(
        worst,
        compare(folder / FIRST, first, [feeds(new, 0, batch) for new, batch in [(1, 1), (5, 4)]]),
        compare(folder / LATER, second, [feeds(1, length, batch) for length, batch in [(1, 1), (9, 4)]]),
    )


def _merged_encoder_decoder(model: PreTrainedModel, folder: Path) -> float:
    first, second, feeds, names, worst = _encoder_decoder(model, folder)
    return max(worst, _merged(folder, first, second, feeds, names))


FORMS = {
    "past": _modern,
    "merged": _merged_decoder_only,
    "split": _split_decoder_only,
    "plain": _plain,
    "memories": _remembering,
    "encoder, split": _split_encoder_decoder,
    "encoder, merged": _merged_encoder_decoder,
}
"""`past`: one graph that takes a past of any length; `merged`: an `If` over both steps; `split`: a graph for each; `plain`: none remembers."""
