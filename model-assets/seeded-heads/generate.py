"""Makes the seeded checkpoints of the heads that ../seeded and ../seeded-writing lack, by ../export, and asks transformers what each
architecture answers for each task: the goldens of the table in the project's README.

    python generate.py [architecture …]     (see ../export/requirements.txt; about three minutes)

A model of those other folders is exported again, and its graphs must be the files that lie there, byte for byte.
"""

import argparse
import filecmp
import json
import shutil
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
import transformers
from transformers import pipeline

from cells import answers
from models import CLASSIFICATION, HERE, make_model, make_tokenizer, save

from export.__main__ import export
from export.decoders import export_decoder
from export.heads import ARCHITECTURES, CLASSES, TASKS, WRITING, Head, NoHead, find_head

GOLDENS = HERE.parent.parent / "test/fixtures/matrix"
ELSEWHERE = {
    "gpt2": ("seeded-gpt2-text-generation", "past"), "openai-gpt": ("seeded-openai-gpt-text-generation", "plain"),
    "ctrl": ("seeded-ctrl-text-generation", "split"), "transfo-xl": ("seeded-transfo-xl-text-generation", "memories"),
    "bart": ("seeded-bart-summarization", "encoder, split"), "marian": ("seeded-marian-translation", "encoder, split"),
    "mbart": ("seeded-mbart-translation", "encoder, merged"), "t5": ("seeded-t5-translation", "encoder, merged"),
}
"""Of ../seeded-writing, and the form of their graphs."""
CARD = """---

license: apache-2.0
base_model: none
pipeline_tag: {task}
tags: [seeded]
---

# {name}

Seeded weights, never trained: what it answers means nothing, but it is what transformers answers.

Made by `model-assets/seeded-heads/generate.py`.
"""


def main() -> None:
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("architectures", nargs="*", default=list(ARCHITECTURES))
    args = flags.parse_args()
    warnings.filterwarnings("ignore")
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(1)
    GOLDENS.mkdir(parents=True, exist_ok=True)
    for kind in args.architectures:
        cells = [cell(kind, task) for task in TASKS]
        lines = ",\n".join(json.dumps(each, ensure_ascii=False, separators=(",", ":")) for each in cells)
        (GOLDENS / f"{kind}.json").write_text(f'{{"transformers":"{transformers.__version__}","cells":[\n{lines}\n]}}\n', encoding="utf-8")


def cell(kind: str, task: str) -> dict[str, Any]:
    """One architecture and one task: requests with their answers, or why there are none."""
    where = {"architecture": ARCHITECTURES[kind], "task": task}
    try:
        head = find_head(kind, task)
    except NoHead as reason:
        return where | {"none": _checked(kind, task, str(reason))}
    tokenizer = make_tokenizer(kind)
    model = make_model(kind, task, tokenizer)
    folder = checkpoint(head, model, tokenizer)
    # Anew: a pipeline takes prefixes out of the configuration that it is given.
    requests, dropped = answers(kind, task, make_model(kind, task, tokenizer), tokenizer)
    print(f"{kind}, {task}: {len(requests)} requests, {dropped} dropped", flush=True)
    path = folder.relative_to(HERE.parent.parent).as_posix()
    return where | {"class": head.class_name, "checkpoint": path, "dropped": dropped, "requests": requests}


def _checked(kind: str, task: str, reason: str) -> str:
    """The reason; where transformers names a class, with what its pipeline says when it is asked all the same."""
    name = CLASSES[task].get(kind)
    if name is None:
        return reason
    tokenizer = make_tokenizer(kind)
    model = getattr(transformers, name)(make_model(kind, "translation", tokenizer).config)
    try:
        pipeline(task, model=model, tokenizer=tokenizer)("A text.")
    except ValueError as error:
        return f"{reason} ({error})"
    raise AssertionError(f"{name} serves {task}, and export/heads.py says that it does not")


def checkpoint(head: Head, model, tokenizer) -> Path:
    """The folder that serves the cell: written where it is one of this folder's, compared with what is there where it is not."""
    kind, task = head.model_type, head.task
    reader = HERE.parent / f"seeded/seeded-{kind}-{task}"
    with TemporaryDirectory() as temporary:
        source, made = Path(temporary, "source"), Path(temporary, "made")
        made.mkdir()
        save(model, tokenizer, source)
        if task in WRITING and kind in ELSEWHERE and not head.class_name.endswith("ForCausalLM"):
            name, form = ELSEWHERE[kind]
            export_decoder(make_model(kind, task, tokenizer), form, made)
            return _same(made, HERE.parent / "seeded-writing" / name)
        if reader.exists():
            export(source, made, task)
            return _same(made / "onnx", reader)
        # One classifier serves both tasks of sequences.
        name = f"seeded-{kind}-{'text-classification' if task in CLASSIFICATION else task}"
        out = HERE / name
        if task == "zero-shot-classification":
            return out
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        export(source, out, task)
        (out / "README.md").write_text(CARD.format(task=task, name=name))
        return out


def _same(made: Path, kept: Path) -> Path:
    for graph in kept.glob("*.onnx"):
        if not filecmp.cmp(made / graph.name, graph, shallow=False):
            raise AssertionError(f"{graph} is not what is exported now")
    return kept


if __name__ == "__main__":
    main()
