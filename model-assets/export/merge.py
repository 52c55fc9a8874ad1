"""Two decoders in one file, as Optimum merges them: an `If` over `use_cache_branch`, with the weights that both have beside it."""

from pathlib import Path

import onnx
from onnx import GraphProto, ModelProto, TensorProto, helper


def merge(first: Path, second: Path, merged: Path) -> None:
    """Puts a decoder without a past and one with it into a single file."""
    without, with_past = onnx.load(first), onnx.load(second)
    _answer_all(without.graph, with_past.graph)
    shared = _share([without, with_past])
    outputs = list(without.graph.output)
    branches = [
        helper.make_graph(model.graph.node, name, [], outputs, model.graph.initializer)
        for name, model in (("with_past", with_past), ("no_past", without))
    ]
    switch = helper.make_tensor_value_info("use_cache_branch", TensorProto.BOOL, [1])
    node = helper.make_node("If", ["use_cache_branch"], [output.name for output in outputs], name="if", then_branch=branches[0], else_branch=branches[1])
    inputs = {value.name: value for model in (without, with_past) for value in model.graph.input}
    graph = helper.make_graph([node], "merged", [*inputs.values(), switch], outputs, shared)
    model = helper.make_model(graph, opset_imports=without.opset_import, ir_version=without.ir_version)
    onnx.checker.check_model(model)
    onnx.save(model, merged)


def _answer_all(without: GraphProto, with_past: GraphProto) -> None:
    """Gives the decoder with a past the outputs that it lacks, the keys and values of the encoder, as empty constants."""
    present = {output.name: output for output in with_past.output}
    for output in without.output:
        if output.name not in present:
            dims, batch = [], True
            for dim in output.type.tensor_type.shape.dim:
                dims.append(dim.dim_value if dim.dim_value else 0 if batch else 1)
                batch = batch and bool(dim.dim_value)
            empty = helper.make_tensor("empty", TensorProto.FLOAT, dims, [])
            with_past.node.append(helper.make_node("Constant", [], [output.name], value=empty))


def _share(models: list[ModelProto]) -> list[TensorProto]:
    """Takes out the weights of all models, equal ones once. Numbers, and lists of indices, stay where they are."""
    shared: dict[bytes, TensorProto] = {}
    for index, model in enumerate(models):
        names, kept = {}, []
        for weight in model.graph.initializer:
            if not weight.dims or (len(weight.dims) == 1 and weight.data_type in (TensorProto.INT32, TensorProto.INT64)):
                kept.append(weight)
                continue
            content = bytes(str((weight.data_type, list(weight.dims))), "ascii") + onnx.numpy_helper.to_array(weight).tobytes()
            if content not in shared:
                shared[content] = TensorProto()
                shared[content].CopyFrom(weight)
                shared[content].name = f"{weight.name}_{index}"
            names[weight.name] = shared[content].name
        del model.graph.initializer[:]
        model.graph.initializer.extend(kept)
        for node in model.graph.node:
            node.input[:] = [names.get(name, name) for name in node.input]
    return list(shared.values())
