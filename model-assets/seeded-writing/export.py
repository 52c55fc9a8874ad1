"""Graphs in the layouts, and with the names, of the exports that Optimum and transformers.js use; each is run beside the model it was made of."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from transformers import PreTrainedModel
from transformers.cache_utils import DynamicCache, EncoderDecoderCache
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS

from merge import merge
from transfo_xl import MEMORY

PARTS = ("key", "value")
Names = list[str]
Tensors = Sequence[torch.Tensor]


class Graph(torch.nn.Module):
    """A function of tensors, by their names, as a module that can be exported."""

    def __init__(self, model: PreTrainedModel, run: Callable[..., Tensors], inputs: Names, outputs: Names) -> None:
        super().__init__()
        self.model, self.run, self.inputs, self.outputs = model, run, inputs, outputs

    def forward(self, *tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(self.run(self.model, **{name.replace(".", "_"): tensor for name, tensor in zip(self.inputs, tensors, strict=True)}))


def past_names(model: PreTrainedModel, start: str, kinds: Sequence[str] = ("",)) -> Names:
    """`past_key_values.0.key` …, with `decoder.` and `encoder.` before the last word where there are both."""
    layers = getattr(model.config, "decoder_layers", None) or model.config.num_hidden_layers
    return [f"{start}.{layer}.{kind}{part}" for layer in range(layers) for kind in kinds for part in PARTS]


def _decoder_only(model: PreTrainedModel, **feeds: torch.Tensor) -> Tensors:
    past = [tensor for name, tensor in feeds.items() if name.startswith("past_")]
    cache = DynamicCache.from_legacy_cache([tuple(past[i : i + 2]) for i in range(0, len(past), 2)]) if past else DynamicCache()
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
    past = [tensor for name, tensor in feeds.items() if name.startswith("past_")]
    layers = [tuple(past[i : i + 4]) for i in range(0, len(past), 4)]
    cache = EncoderDecoderCache.from_legacy_cache(layers) if past else EncoderDecoderCache(DynamicCache(), DynamicCache())
    # With a past the keys and values of the encoder are there: its states are not looked at.
    states = feeds.get("encoder_hidden_states")
    if states is None:
        states = torch.zeros(*encoder_attention_mask.shape, model.config.d_model)
    answer = model(attention_mask=encoder_attention_mask, decoder_input_ids=input_ids, encoder_outputs=(states,), past_key_values=cache, use_cache=True)
    present = answer.past_key_values.to_legacy_cache()
    return [answer.logits, *(tensor for layer in present for tensor in (layer[:2] if past else layer))]


def export(model: PreTrainedModel, form: str, folder: Path) -> float:
    """Writes the graphs of a checkpoint; returns the greatest difference from the model."""
    ALL_MASK_ATTENTION_FUNCTIONS["eager"], usual = _traceable_mask, ALL_MASK_ATTENTION_FUNCTIONS["eager"]
    try:
        with torch.no_grad():
            return FORMS[form](model, folder)
    finally:
        ALL_MASK_ATTENTION_FUNCTIONS["eager"] = usual


def _traceable_mask(batch_size, cache_position, kv_length, attention_mask=None, dtype=torch.float32, **_):
    """The causal mask of `transformers`, which is made by vmap there, in operations that a trace can hold."""
    seen = torch.arange(kv_length)[None, :] <= cache_position[:, None]
    seen = seen[None, None] & attention_mask[:, None, None, :].bool()
    return torch.where(seen, torch.tensor(0.0, dtype=dtype), torch.finfo(dtype).min)


def _past(model: PreTrainedModel, length: int, batch: int, count: int) -> list[torch.Tensor]:
    heads = model.config.num_attention_heads
    return [torch.randn(batch, heads, length, model.config.hidden_size // heads) for _ in range(count)]


def _modern(model: PreTrainedModel, folder: Path) -> float:
    names = past_names(model, "past_key_values")
    graph = Graph(model, _decoder_only, ["input_ids", "attention_mask", "position_ids", *names], ["logits", *past_names(model, "present")])
    path = folder / "model.onnx"
    _export(graph, _token_feeds(model, 3, 4, 2) + _past(model, 4, 2, len(names)), path)
    return max(_compare(path, graph, _token_feeds(model, *shape) + _past(model, shape[1], shape[2], len(names))) for shape in [(5, 0, 1), (1, 5, 1), (1, 9, 4), (3, 2, 2)])


def _token_feeds(model: PreTrainedModel, new: int, past: int, batch: int, positions: bool = True) -> list[torch.Tensor]:
    ids = torch.randint(5, model.config.vocab_size, (batch, new))
    feeds = [ids, torch.ones(batch, past + new, dtype=torch.long)]
    return [*feeds, torch.arange(past, past + new)[None].repeat(batch, 1)] if positions else feeds


def _merged_decoder_only(model: PreTrainedModel, folder: Path) -> float:
    names, inputs = past_names(model, "past_key_values"), ["input_ids", "attention_mask", "position_ids"]
    return _merged(folder, *_split(model, folder, inputs, names, lambda *shape: _token_feeds(model, *shape)), names)


def _split_decoder_only(model: PreTrainedModel, folder: Path) -> float:
    names, inputs = past_names(model, "past_key_values"), ["input_ids", "attention_mask"]
    first, second, feeds = _split(model, folder, inputs, names, lambda *shape: _token_feeds(model, *shape, positions=False))
    return max(
        *(_compare(folder / "decoder_model.onnx", first, feeds(new, 0, batch)) for new, batch in [(1, 1), (7, 1), (3, 4)]),
        *(_compare(folder / "decoder_with_past_model.onnx", second, feeds(1, past, batch)) for past, batch in [(1, 1), (7, 1), (9, 4)]),
    )


def _split(model: PreTrainedModel, folder: Path, inputs: Names, names: Names, tokens: Callable) -> tuple[Graph, Graph, Callable]:
    outputs = ["logits", *past_names(model, "present")]
    first, second = Graph(model, _decoder_only, inputs, outputs), Graph(model, _decoder_only, [*inputs, *names], outputs)

    def feeds(new: int, past: int, batch: int) -> list[torch.Tensor]:
        return tokens(new, past, batch) + (_past(model, past, batch, len(names)) if past else [])

    _export(first, feeds(4, 0, 2), folder / "decoder_model.onnx")
    _export(second, feeds(1, 4, 2), folder / "decoder_with_past_model.onnx")
    return first, second, feeds


def _merged(folder: Path, first: Graph, second: Graph, feeds: Callable, past: Names) -> float:
    """Puts both decoders into one file, and asks it with and without a past."""
    path = folder / "decoder_model_merged.onnx"
    merge(folder / "decoder_model.onnx", folder / "decoder_with_past_model.onnx", path)
    worst = []
    for graph, new, length, batch in [(first, 1, 0, 1), (first, 5, 0, 2), (second, 1, 5, 1), (second, 1, 9, 4)]:
        tensors = feeds(new, length, batch)
        config = graph.model.config
        missing = {name: np.zeros((batch, config.num_attention_heads, 0, config.hidden_size // config.num_attention_heads), np.float32) for name in past if name not in graph.inputs}
        missing |= {"use_cache_branch": np.array([length > 0])}
        if "encoder_hidden_states" in first.inputs and graph is second:
            missing["encoder_hidden_states"] = np.zeros((batch, tensors[0].shape[1], config.hidden_size), np.float32)
        worst.append(_compare(path, graph, tensors, missing))
    return max(worst)


def _plain(model: PreTrainedModel, folder: Path) -> float:
    graph = Graph(model, _without_cache, ["input_ids", "attention_mask"], ["logits"])
    path = folder / "model.onnx"
    _export(graph, _token_feeds(model, 4, 0, 2, positions=False), path)
    return max(_compare(path, graph, _token_feeds(model, new, 0, batch, positions=False)) for new, batch in [(1, 1), (9, 1), (20, 4)])


def _remembering(model: PreTrainedModel, folder: Path) -> float:
    layers = range(model.config.n_layer)
    graph = Graph(model, _memories, ["input_ids", *(f"mems.{i}" for i in layers)], ["logits", *(f"new_mems.{i}" for i in layers)])
    path = folder / "model.onnx"

    def feeds(new: int, batch: int, fill: Callable) -> list[torch.Tensor]:
        return [torch.randint(5, 300, (batch, new)), *(fill(MEMORY, batch, model.config.d_model) for _ in layers)]

    _export(graph, feeds(3, 2, torch.randn), path)
    _add_as_or(path)
    asked = [(1, 1, torch.randn), (7, 1, torch.zeros), (40, 1, torch.zeros), (1, 4, torch.randn), (5, 2, torch.randn)]
    return max(_compare(path, graph, feeds(*shape)) for shape in asked)


def _add_as_or(path: Path) -> None:
    """The model adds two masks of truth values, which ONNX calls Or."""
    file = onnx.load(path)
    masks = {node.output[0] for node in file.graph.node if node.op_type == "Trilu"}
    for node in file.graph.node:
        if node.op_type == "Add" and masks.issuperset(node.input):
            node.op_type = "Or"
    onnx.save(file, path)


def _encoder_decoder(model: PreTrainedModel, folder: Path) -> tuple[Graph, Graph, Callable, Names, float]:
    encoder = Graph(model, _encoder, ["input_ids", "attention_mask"], ["last_hidden_state"])
    _export(encoder, _token_feeds(model, 5, 0, 2, positions=False), folder / "encoder_model.onnx")
    both = ("decoder.", "encoder.")
    past = past_names(model, "past_key_values", both)
    first = Graph(model, _decoder, ["encoder_attention_mask", "input_ids", "encoder_hidden_states"], ["logits", *past_names(model, "present", both)])
    second = Graph(model, _decoder, ["encoder_attention_mask", "input_ids", *past], ["logits", *past_names(model, "present", both[:1])])

    def feeds(new: int, length: int, batch: int) -> list[torch.Tensor]:
        ids, mask = torch.randint(5, model.config.vocab_size, (batch, new)), torch.ones(batch, 6, dtype=torch.long)
        if not length:
            return [mask, ids, torch.randn(batch, 6, model.config.d_model)]
        return [mask, ids, *(_past(model, length if "decoder" in name else 6, batch, 1)[0] for name in past)]

    _export(first, feeds(3, 0, 2), folder / "decoder_model.onnx")
    _export(second, feeds(1, 4, 2), folder / "decoder_with_past_model.onnx")
    asked = [_token_feeds(model, new, 0, batch, positions=False) for new, batch in [(1, 1), (9, 1), (30, 3)]]
    return first, second, feeds, past, max(_compare(folder / "encoder_model.onnx", encoder, tensors) for tensors in asked)


def _split_encoder_decoder(model: PreTrainedModel, folder: Path) -> float:
    first, second, feeds, _, worst = _encoder_decoder(model, folder)
    return max(
        worst,
        *(_compare(folder / "decoder_model.onnx", first, feeds(new, 0, batch)) for new, batch in [(1, 1), (5, 4)]),
        *(_compare(folder / "decoder_with_past_model.onnx", second, feeds(1, past, batch)) for past, batch in [(1, 1), (9, 4)]),
    )


def _merged_encoder_decoder(model: PreTrainedModel, folder: Path) -> float:
    first, second, feeds, past, worst = _encoder_decoder(model, folder)
    return max(worst, _merged(folder, first, second, feeds, past))


FORMS = {
    "past": _modern,
    "merged": _merged_decoder_only,
    "split": _split_decoder_only,
    "plain": _plain,
    "memories": _remembering,
    "encoder, split": _split_encoder_decoder,
    "encoder, merged": _merged_encoder_decoder,
}


def _axes(name: str) -> dict[int, str]:
    if "mems" in name:
        return {1: "batch_size"}
    if name.startswith(("past", "present")):
        start = "encoder" if ".encoder." in name else "past_decoder" if ".decoder." in name else "past"
        return {0: "batch_size", 2: f"{start}_sequence_length" + ("" if name.startswith("past") or ".encoder." in name else " + 1")}
    return {0: "batch_size", 1: f"{'encoder_' if name.startswith('encoder') else 'total_' if name == 'attention_mask' else ''}sequence_length"}


def _export(graph: Graph, feeds: Tensors, path: Path) -> None:
    torch.onnx.export(
        graph.eval(), tuple(feeds), str(path), input_names=graph.inputs, output_names=graph.outputs,
        dynamic_axes={name: _axes(name) for name in [*graph.inputs, *graph.outputs]}, opset_version=17, dynamo=False,
    )


def _compare(path: Path, graph: Graph, feeds: Tensors, missing: dict[str, np.ndarray] | None = None) -> float:
    """The greatest difference between a file and what it was made of."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    known = {name: tensor.numpy() for name, tensor in zip(graph.inputs, feeds, strict=True)} | (missing or {})
    expected = graph(*(tensor.clone() for tensor in feeds))
    answers = dict(zip((output.name for output in session.get_outputs()), session.run(None, known), strict=True))
    differences = []
    for name, tensor in zip(graph.outputs, expected, strict=True):
        assert answers[name].shape == tuple(tensor.shape), (path, name, answers[name].shape, tensor.shape)
        differences.append(float(np.abs(answers[name] - tensor.numpy()).max()))
    return max(differences)
