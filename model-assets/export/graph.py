"""Functions of tensors as ONNX graphs, each of which is run beside the model that it was made of."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from transformers import PreTrainedModel
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS

OPSET = 17
Names = list[str]
Tensors = Sequence[torch.Tensor]
Axes = dict[int, str]


class Graph(torch.nn.Module):
    """A function of tensors, by their names, as a module that can be exported."""

    def __init__(self, model: PreTrainedModel, run: Callable[..., Tensors], inputs: Names, outputs: Names) -> None:
        super().__init__()
        self.model, self.run, self.inputs, self.outputs = model, run, inputs, outputs

    def forward(self, *tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(self.run(self.model, **{name.replace(".", "_"): tensor for name, tensor in zip(self.inputs, tensors, strict=True)}))


@contextmanager
def traceable() -> Iterator[None]:
    """`transformers` makes the causal mask by vmap, which a trace cannot hold: while this lasts it is made in plain operations."""
    usual = ALL_MASK_ATTENTION_FUNCTIONS["eager"]
    ALL_MASK_ATTENTION_FUNCTIONS["eager"] = _causal_mask
    try:
        with torch.no_grad():
            yield
    finally:
        ALL_MASK_ATTENTION_FUNCTIONS["eager"] = usual


def _causal_mask(batch_size, cache_position, kv_length, attention_mask=None, dtype=torch.float32, **_):
    seen = torch.arange(kv_length)[None, :] <= cache_position[:, None]
    seen = seen[None, None] & attention_mask[:, None, None, :].bool()
    return torch.where(seen, torch.tensor(0.0, dtype=dtype), torch.finfo(dtype).min)


def write_graph(graph: Graph, feeds: Tensors, path: Path, axes: Callable[[str], Axes]) -> None:
    """`axes`: the dimensions of an input or output that are open, by its name."""
    torch.onnx.export(
        graph.eval(), tuple(feeds), str(path), input_names=graph.inputs, output_names=graph.outputs,
        dynamic_axes={name: axes(name) for name in [*graph.inputs, *graph.outputs]}, opset_version=OPSET, dynamo=False,
    )


def compare(path: Path, graph: Graph, asked: Sequence[Tensors], missing: dict[str, np.ndarray] | None = None) -> float:
    """The greatest difference between a file and what it was made of. `missing`: inputs that the file has and the function has not."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return max(_difference(path, session, graph, feeds, missing or {}) for feeds in asked)


def _difference(path: Path, session: onnxruntime.InferenceSession, graph: Graph, feeds: Tensors, missing: dict[str, np.ndarray]) -> float:
    known = {name: tensor.numpy() for name, tensor in zip(graph.inputs, feeds, strict=True)} | missing
    expected = graph(*(tensor.clone() for tensor in feeds))
    answers = dict(zip((output.name for output in session.get_outputs()), session.run(None, known), strict=True))
    differences = []
    for name, tensor in zip(graph.outputs, expected, strict=True):
        if answers[name].shape != tuple(tensor.shape):
            raise AssertionError(f"{path}: {name} is {answers[name].shape}, not {tuple(tensor.shape)}")
        differences.append(float(apart(answers[name], tensor.numpy(), f"{path.name}, {name}").max()))
    return max(differences)


def apart(found: np.ndarray, expected: np.ndarray, what: str) -> np.ndarray:
    """How far each number is from the expected one. Raises ValueError where that is no number: `max` would pass over it."""
    differences = np.abs(found - expected)
    if not np.isfinite(differences).all():
        raise ValueError(f"{what}: the graph or the model answers numbers that are not finite, and is nothing to publish")
    return differences


def tokens(model: PreTrainedModel, new: int, past: int, batch: int, positions: bool = False) -> list[torch.Tensor]:
    """Ids, a mask of ones, and places, for `new` tokens behind `past` others."""
    ids = torch.randint(5, model.config.vocab_size, (batch, new))
    feeds = [ids, torch.ones(batch, past + new, dtype=torch.long)]
    return [*feeds, torch.arange(past, past + new)[None].repeat(batch, 1)] if positions else feeds
