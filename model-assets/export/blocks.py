"""Embeddings in 4 bits: GatherBlockQuantized of onnxruntime, as the Hub's q4 graphs have it. Blocks of a row have a scale each, and no zero point."""

from collections.abc import Iterable

import ml_dtypes
import numpy as np
import onnx
from onnx import helper, numpy_helper

WORDS, PLACES = 128, 32
"""Elements of a block, of long tables and of others. An element takes 0.53 bytes with its part of the scale, or 0.63. Of MiniLM's words blocks of 32
lose 8.1 % (relative L2), of 64 9.0 % and of 128 9.6 %, which the logits of minilm-sst2 do not tell apart (they move by 0.38, 0.40 and 0.39 of
5.4); of its places 6.8, 7.5 and 8.7 %."""
LONG = 1024
"""Rows of a table of words."""
MICROSOFT = "com.microsoft"
IR_VERSION = 10
"""The first that has int4."""
FACTORS = np.linspace(0.6, 1.15, 34)
"""By which a block's scale may be off that of its extreme."""


def to_blocks(table: np.ndarray, block: int) -> tuple[np.ndarray, np.ndarray]:
    """Floats [rows, size] as numbers from -8 to 7, of the same shape, and scales [rows, blocks].

    The extreme of a block, with its sign, becomes -8 times the scale, or near it: of FACTORS the one with the least squares of errors."""
    rows, size = table.shape
    padded = np.pad(table.astype(np.float32), [(0, 0), (0, -size % block)]).reshape(rows, -1, block)
    extreme = np.take_along_axis(padded, np.abs(padded).argmax(-1, keepdims=True), -1)
    scales, least = np.zeros_like(extreme), np.full_like(extreme, np.inf)
    for factor in FACTORS:
        tried = (extreme * factor / -8).astype(np.float32)
        error = np.square(_rounded(padded, tried) * tried - padded).sum(-1, keepdims=True)
        scales, least = np.where(error < least, tried, scales), np.minimum(error, least)
    return _rounded(padded, scales).reshape(rows, -1)[:, :size].astype(ml_dtypes.int4), scales[..., 0]


def _rounded(blocks: np.ndarray, scales: np.ndarray) -> np.ndarray:
    return np.clip(np.round(np.divide(blocks, scales, out=np.zeros_like(blocks), where=scales != 0)), -8, 7)


def rows_of_blocks(model: onnx.ModelProto, name: str, table: np.ndarray, ids: str, output: str, block: int | None = None) -> onnx.NodeProto:
    """A node that gives rows of the table in floats. The weight `<name>_blocks` and its scales are made where they are not there yet."""
    weights = [f"{name}_blocks", f"{name}_block_scales"]
    block = block or (WORDS if len(table) >= LONG else PLACES)
    if weights[0] not in {weight.name for weight in model.graph.initializer}:
        model.graph.initializer.extend(map(numpy_helper.from_array, to_blocks(table, block), weights))
    if MICROSOFT not in {entry.domain for entry in model.opset_import}:
        model.opset_import.append(helper.make_opsetid(MICROSOFT, 1))
    model.ir_version = max(model.ir_version, IR_VERSION)
    attributes = {"gather_axis": 0, "quantize_axis": 1, "block_size": block}
    return helper.make_node("GatherBlockQuantized", [weights[0], ids, weights[1]], [output], f"{output}_blocks", domain=MICROSOFT, **attributes)


def put_in_place(graph: onnx.GraphProto, old: list[onnx.NodeProto], new: Iterable[onnx.NodeProto]) -> None:
    """Puts nodes where the first of `old` is, which go."""
    place = list(graph.node).index(old[0])
    kept = [node for node in graph.node if node not in old]
    before = sum(node in old for node in list(graph.node)[:place])
    del graph.node[:]
    graph.node.extend([*kept[: place - before], *new, *kept[place - before :]])


def drop_unused(graph: onnx.GraphProto) -> None:
    """Weights that no node takes."""
    used = {name for node in graph.node for name in node.input}
    weights = [weight for weight in graph.initializer if weight.name in used]
    del graph.initializer[:]
    graph.initializer.extend(weights)
