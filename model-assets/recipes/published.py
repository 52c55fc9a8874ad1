"""The weights of a Marian checkpoint that ships, out of its int8 graphs: where another recipe may start.

Each weight is its int8 value less the zero point, times the scale of its column or row: within half a step of what was trained.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from transformers import PreTrainedModel

SHARED = "model.model.shared.weight"
"""The table of pieces, for both sides and the head."""
GRAPHS = ("encoder_model.onnx", "decoder_model_merged.onnx")


def load(model: PreTrainedModel, folder: Path) -> None:
    """Fills `model` in place; the positions, which are sines, are its own. ValueError names what the graphs lack, or have and the model has not."""
    found = {name: values for graph in GRAPHS for name, values in _weights(onnx.load(folder / graph).graph)}
    missing, unknown = model.load_state_dict(found, strict=False)
    held = {name for name, _ in model.named_parameters() if not name.endswith("embed_positions.weight")}
    if unknown or held & set(missing):
        raise ValueError(f"{folder} is no checkpoint of {model.config.model_type}: it lacks {sorted(held & set(missing))} and has {sorted(unknown)}")
    model.tie_weights()


def _weights(graph: onnx.GraphProto) -> Iterator[tuple[str, torch.Tensor]]:
    """Names as in the model's state, and values. Matrices go by the path of their product, for the exporter names them by number."""
    values = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    for name, value in values.items():
        if re.search(r"\.(bias|\w*layer_norm\.weight)(_0)?$", name) or name.startswith("model.final_logits_bias"):
            yield re.sub(r"^model\.|_0$", "", name), _tensor(value)
    if f"{SHARED}_rows" in values:
        yield "model.shared.weight", _tensor(values[f"{SHARED}_rows"].astype(np.float32) * values[f"{SHARED}_row_scales"])
    for node in _nodes(graph):
        # The head is the embeddings.
        if node.op_type == "MatMulInteger" and "lm_head" not in node.name:
            path = re.search(r"(?:encoder|decoder)/layers.*(?=/MatMul_quant)", node.name)
            assert path, node.name
            yield f"model.{path[0].replace('/', '.')}.weight", _tensor(_matrix(values, *node.input[1::2]).T)


def _matrix(values: Mapping[str, np.ndarray], name: str, zero: str = "") -> np.ndarray:
    """[in, out] in 32-bit floats. The scales keep the matrix's name, where its zero points may be shared; none are named where all are 0."""
    scales = values[name.replace("_quantized", "_scale")]
    return (values[name].astype(np.float32) - (values[zero].astype(np.float32) if zero else 0)) * scales


def _nodes(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    """Those of its branches, too."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from _nodes(attribute.g)


def _tensor(value: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.array(value, dtype=np.float32))
