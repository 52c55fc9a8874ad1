"""fp32 graphs to int8: weights by column, embeddings by row (or in 4 bits, by blocks of a row), activations when they run."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
from onnx import numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process

from .columns import put_columns
from .decoders import FIRST, LATER, MERGED
from .embeddings import FEW, improve
from .merge import merge
from .names import shorten
from .rounding import round_by_examples


def quantize(
    fp32: Path, int8: Path, beside: bool = False, embeddings: int = 8, least: int = FEW, examples: Sequence[Mapping[str, np.ndarray]] = ()
) -> None:
    """`beside`: the weights go to `<int8>.data`; such a graph opens in the isolate with one copy less than one that carries them.
    `embeddings`: their bits, 8, or 4 for tables of `least` rows. `examples`: inputs of the graph, by which weights are rounded; to the nearest without."""
    with TemporaryDirectory() as folder:
        prepared, inline = Path(folder, "prepared.onnx"), Path(folder, "int8.onnx")
        quant_pre_process(str(fp32), str(prepared), skip_symbolic_shape=True)
        graph = onnx.load(prepared).graph
        weights = {weight.name: numpy_helper.to_array(weight) for weight in graph.initializer}
        # The quantizer warns of each Gather that takes something else than embeddings.
        others = [node.name for node in graph.node if node.op_type == "Gather" and node.input[0] not in weights]
        options = {"op_types_to_quantize": ["MatMul", "Gather"], "nodes_to_exclude": others}
        quantize_dynamic(str(prepared), str(inline), per_channel=True, weight_type=QuantType.QInt8, **options)
        model = onnx.load(inline)
        put_columns(model, weights, round_by_examples(prepared, weights, examples) if examples else {})
        improve(model, weights, embeddings, least)
    if beside:
        shorten(model)
        save_beside(model, int8)
    else:
        int8.with_name(f"{int8.name}.data").unlink(missing_ok=True)
        onnx.save_model(model, int8)


def save_beside(model: onnx.ModelProto, path: Path) -> None:
    """The graph, and its weights in `<path>.data`."""
    location = f"{path.name}.data"
    path.with_name(location).unlink(missing_ok=True)
    onnx.save_model(model, path, save_as_external_data=True, location=location, size_threshold=1024)
    path.with_name(location).chmod(0o644)


def quantize_all(folder: Path, out: Path, suffix: str = "", split: bool = False, embeddings: int = 8) -> None:
    """All graphs of a folder, named as they are there with `suffix` behind. Unless `split`, both parts of a decoder become one file, after
    they were quantized, as equal weights are then still equal."""

    def name(file: str) -> Path:
        return out / f"{Path(file).stem}{suffix}.onnx"

    graphs = [path.name for path in folder.glob("*.onnx") if path.name != MERGED]
    for graph in graphs:
        quantize(folder / graph, name(graph), embeddings=embeddings)
    if LATER in graphs and not split:
        merge(name(FIRST), name(LATER), name(MERGED))
        name(FIRST).unlink()
        name(LATER).unlink()
