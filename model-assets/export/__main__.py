"""A PyTorch checkpoint, as save_pretrained writes it, to the ONNX layout of the Hub: in 32-bit floats, and in int8.

    cd model-assets && python -m export path/to/checkpoint path/to/out [--task text-classification] [--texts file]

Writes config.json, the tokenizer's files, generation_config.json, and under onnx/: model.onnx for what reads a text and for decoders,
encoder_model.onnx and decoder_model_merged.onnx for an encoder and a decoder, each once more with _quantized behind its name. Then it says
how far the answers of both are from the model's.
"""

import argparse
import json
import shutil
import sys
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import transformers
from transformers import PreTrainedModel

from .decoders import FIRST, LATER, MERGED, export_decoder
from .differences import Report, measure
from .heads import ARCHITECTURES, TASKS, Head
from .load import inputs_of, load_model, read_head, write_config
from .quantize import quantize_all
from .read import export_reader
from .texts import read_texts, texts_of
from .tokenizer_files import write_tokenizer

QUANTIZED = "_quantized"
MOST_DIFFERENCE = 1e-3
"""By which a graph in floats may differ from the model, of what its numbers span."""
KEPT = ("README.md", "modules.json", "config_sentence_transformers.json", "sentence_bert_config.json", "1_Pooling/config.json", "2_Normalize/config.json")
"""What else of a checkpoint says how it is to be used."""


def main() -> None:
    flags = argparse.ArgumentParser(prog="python -m export", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("checkpoint", type=Path)
    flags.add_argument("out", type=Path)
    flags.add_argument("--task", choices=TASKS, help="where the class named in config.json does not say, or another is meant")
    flags.add_argument("--texts", type=Path, help="texts to compare with, one a line, of two with a tab between them; else some that are built in")
    flags.add_argument("--embeddings", type=int, choices=(8, 4), default=8, help="bits of embeddings in the int8 graphs; those that are the head as well keep 8")
    flags.add_argument("--int8-only", action="store_true", help="leave out the graphs in floats")
    flags.add_argument("--split", action="store_true", help="decoder_model.onnx and decoder_with_past_model.onnx in the place of decoder_model_merged.onnx")
    flags.add_argument("--report", type=Path, help="where to write the comparison as JSON, too")
    args = flags.parse_args()
    warnings.filterwarnings("ignore")
    transformers.logging.set_verbosity_error()
    try:
        reports = export(args.checkpoint, args.out, args.task, read_texts(args.texts), args.int8_only, args.split, args.embeddings)
    except ValueError as error:
        sys.exit(f"export: {error}")
    if args.report:
        args.report.write_text(json.dumps({dtype: report.to_json() for dtype, report in reports.items()}, indent=2) + "\n")


def export(
    checkpoint: Path,
    out: Path,
    task: str | None = None,
    texts: list[tuple[str, ...]] | None = None,
    int8_only: bool = False,
    split: bool = False,
    embeddings: int = 8,
) -> dict[str, Report]:
    """Writes the folder, and reports by dtype how far its graphs are from the model. Raises ValueError where the checkpoint does not fit."""
    head = read_head(checkpoint, task)
    model = load_model(checkpoint, head)
    onnx = out / "onnx"
    shutil.rmtree(onnx, ignore_errors=True)
    onnx.mkdir(parents=True)
    tokenizer = write_tokenizer(checkpoint, out, head.model_type, getattr(model.config, "max_position_embeddings", None))
    write_config(model, checkpoint, out)
    _keep(checkpoint, out)
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        difference = write_graphs(model, head, inputs_of(model, tokenizer), folder)
        print(f"{ARCHITECTURES[head.model_type]}, {head.class_name}: graphs in floats differ from the model by at most {difference:.1e}", flush=True)
        quantize_all(folder, onnx, QUANTIZED, split, embeddings)
        left = (MERGED,) if split else (FIRST, LATER)
        for path in folder.glob("*.onnx"):
            if not int8_only and path.name not in left:
                shutil.copyfile(path, onnx / path.name)
    dtypes = {"int8": QUANTIZED} if int8_only else {"fp32": "", "int8": QUANTIZED}
    reports = {dtype: measure(model, tokenizer, head, onnx, suffix, texts_of(head.task, texts)) for dtype, suffix in dtypes.items()}
    for dtype, report in reports.items():
        print(f"{dtype}: {_size(onnx, dtypes[dtype]) / 1e6:.1f} MB; {report}", flush=True)
    fp32 = reports.get("fp32")
    if fp32 and fp32.greatest > MOST_DIFFERENCE * max(1.0, fp32.range):
        raise ValueError(f"the graphs in floats answer otherwise than the model, by {fp32.greatest:.1e}: this is a fault of the export, and nothing to publish")
    return reports


def write_graphs(model: PreTrainedModel, head: Head, inputs: list[str], folder: Path) -> float:
    if head.form is None:
        return export_reader(model, head.task, inputs, folder / "model.onnx")
    return export_decoder(model, head.form, folder, keep_parts=True)


def _keep(checkpoint: Path, out: Path) -> None:
    for name in KEPT:
        if (checkpoint / name).exists():
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(checkpoint / name, out / name)


def _size(folder: Path, suffix: str) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.onnx") if path.stem.endswith(QUANTIZED) == bool(suffix))


if __name__ == "__main__":
    main()
