"""Writes a checkpoint's folder: the graph in int8, its weights beside it, config and tokenizer, as the Hub lays them out."""

from pathlib import Path
from tempfile import TemporaryDirectory

import onnx
import torch
from onnx import numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process
from tokenizers import Tokenizer
from transformers import (
    BertForMaskedLM, BertForQuestionAnswering, BertForSequenceClassification, BertForTokenClassification, BertModel, PreTrainedModel,
)

from .embeddings import scale_rows, share_head

INPUTS = ["input_ids", "attention_mask", "token_type_ids"]


class _Classifier(torch.nn.Module):
    """A classifier that gives its last hidden state too: POST /v1/forward shows both."""

    outputs = {"logits": {0: "batch"}, "last_hidden_state": {0: "batch", 1: "sequence"}}

    def __init__(self, model: BertForSequenceClassification) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, token_type_ids):
        hidden = self.model.bert(input_ids, attention_mask, token_type_ids)
        return self.model.classifier(hidden.pooler_output), hidden.last_hidden_state


class _Tagger(torch.nn.Module):
    outputs = {"logits": {0: "batch", 1: "sequence"}}

    def __init__(self, model: BertForTokenClassification | BertForMaskedLM) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, token_type_ids):
        return self.model(input_ids, attention_mask, token_type_ids).logits


class _Spans(torch.nn.Module):
    outputs = {"start_logits": {0: "batch", 1: "sequence"}, "end_logits": {0: "batch", 1: "sequence"}}

    def __init__(self, model: BertForQuestionAnswering) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, token_type_ids):
        output = self.model(input_ids, attention_mask, token_type_ids)
        return output.start_logits, output.end_logits


class _Encoder(torch.nn.Module):
    outputs = {"last_hidden_state": {0: "batch", 1: "sequence"}}

    def __init__(self, model: BertModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, token_type_ids):
        return self.model(input_ids, attention_mask, token_type_ids).last_hidden_state


WRAPPERS = {
    BertForMaskedLM: _Tagger,
    BertForSequenceClassification: _Classifier,
    BertForTokenClassification: _Tagger,
    BertForQuestionAnswering: _Spans,
    BertModel: _Encoder,
}


def export_fp32(model: PreTrainedModel, path: Path) -> None:
    """Inputs int64 [batch, sequence]. Logits of a classifier [batch, labels], of a tagger [batch, sequence, labels] (of words for a mask: pieces), of spans
    (start and end) [batch, sequence]; last_hidden_state [batch, sequence, hidden]."""
    model.eval()
    wrapped = WRAPPERS[type(model)](model).eval()
    example = torch.ones(2, 8, dtype=torch.long)
    axes = {name: {0: "batch", 1: "sequence"} for name in INPUTS} | wrapped.outputs
    torch.onnx.export(
        wrapped, (example, example, torch.zeros_like(example)), str(path), input_names=INPUTS,
        output_names=list(wrapped.outputs), dynamic_axes=axes, opset_version=17, dynamo=False,
    )


def quantize(fp32: Path, int8: Path, tied: bool = False) -> None:
    """Weights int8 per channel, embeddings per row, activations when they run; the weights go to `<int8>.data` beside the graph,
    which opens in the isolate with one copy less than a graph that carries them. `tied`: the head is the embeddings."""
    with TemporaryDirectory() as folder:
        prepared, inline = Path(folder, "prepared.onnx"), Path(folder, "int8.onnx")
        quant_pre_process(str(fp32), str(prepared), skip_symbolic_shape=True)
        quantize_dynamic(str(prepared), str(inline), per_channel=True, weight_type=QuantType.QInt8)
        location = f"{int8.name}.data"
        int8.with_name(location).unlink(missing_ok=True)
        model = onnx.load(inline)
        if tied:
            share_head(model.graph)
        else:
            whole = next(weight for weight in onnx.load(prepared).graph.initializer if "word_embeddings" in weight.name)
            scale_rows(model.graph, numpy_helper.to_array(whole))
        onnx.save_model(model, int8, save_as_external_data=True, location=location, size_threshold=1024)
    int8.with_name(location).chmod(0o644)


def write_checkpoint(model: PreTrainedModel, tokenizer: Tokenizer, folder: Path) -> Path:
    """Fills `folder` (its card is written by hand); returns the fp32 graph, which is not part of it."""
    folder.mkdir(parents=True, exist_ok=True)
    fp32 = folder.parent / f"{folder.name}.fp32.onnx"
    export_fp32(model, fp32)
    quantize(fp32, folder / "model.onnx", tied=isinstance(model, BertForMaskedLM))
    # What a model is loaded from may have had another head, or none.
    model.config.architectures = [type(model).__name__]
    model.config.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    return fp32
