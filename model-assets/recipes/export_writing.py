"""Writes the folder of a checkpoint that writes: graphs in the layouts of Optimum, in int8, by ../export."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import onnx
from tokenizers import Tokenizer
from transformers import PreTrainedModel

from export.decoders import FIRST, LATER, MERGED, export_decoder
from export.merge import merge
from export.quantize import quantize, save_beside


def write_checkpoint(model: PreTrainedModel, tokenizer: Tokenizer, settings: dict[str, Any], folder: Path) -> Path:
    """Fills `folder` (its card is written by hand); returns the folder of the graphs in 32-bit floats, which are not part of it.

    A decoder alone is one graph, an encoder and a decoder are two. `settings`: tokenizer_config.json.
    """
    fp32 = folder.parent / f"{folder.name}.fp32"
    for path in (folder, fp32):
        path.mkdir(parents=True, exist_ok=True)
    model.eval()
    model.set_attn_implementation("eager")
    apart = model.config.is_encoder_decoder
    difference = export_decoder(model, "encoder, split" if apart else "past", fp32)
    print(f"the graphs in 32-bit floats differ from the model by at most {difference:.1e}")
    write_int8(fp32, folder, apart)
    # What a model was trained as may have had no head.
    model.config.architectures = [type(model).__name__]
    model.config.save_pretrained(folder)
    model.generation_config.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n")
    return fp32


def write_int8(fp32: Path, folder: Path, apart: bool) -> None:
    """`apart`: an encoder, and both steps of a decoder in one graph that has each weight once."""
    if not apart:
        quantize(fp32 / "model.onnx", folder / "model.onnx", beside=True)
        return
    quantize(fp32 / "encoder_model.onnx", folder / "encoder_model.onnx", beside=True)
    with TemporaryDirectory() as temporary:
        parts = [Path(temporary, name) for name in (FIRST, LATER)]
        for part in parts:
            quantize(fp32 / part.name, part)
        merged = Path(temporary, MERGED)
        merge(*parts, merged)
        save_beside(onnx.load(merged), folder / MERGED)
