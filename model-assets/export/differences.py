"""How far the answers of graphs are from those of the model that they were made of: logits, labels, tokens.

The graphs run under onnxruntime. What an isolate's own engine makes of the same int8 weights differs from it by less than from the original:
there activations have a scale a row.
"""

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from .graph import apart
from .heads import Head
from .read import PER_SEQUENCE, outputs_of
from .step import Steps

NEW_TOKENS = 24
PREFIX = "summarize: "


@dataclass
class Report:
    """`agree` of `asked` answers are the same: labels, words for a mask, ends of spans, tokens; embeddings have their least cosine instead."""

    what: str
    asked: int = 0
    agree: int = 0
    greatest: float = 0.0
    total: float = 0.0
    numbers: int = 0
    range: float = 0.0
    cosine: float | None = None
    _cosines: list[float] = field(default_factory=list, repr=False)

    def add(self, found: np.ndarray, expected: np.ndarray, decide: bool = True) -> None:
        """Rows of numbers, the last dimension of which is decided by its greatest, where anything is. Raises ValueError where one is not finite."""
        differences = apart(found, expected, self.what)
        self.greatest = max(self.greatest, float(differences.max()))
        self.range = max(self.range, float(expected.max() - expected.min()))
        self.total += float(differences.sum())
        self.numbers += differences.size
        if decide:
            same = found.argmax(-1) == expected.argmax(-1)
            self.asked += same.size
            self.agree += int(same.sum())

    def add_vectors(self, found: np.ndarray, expected: np.ndarray) -> None:
        self.add(found, expected, decide=False)
        a, b = found.mean(0), expected.mean(0)
        self._cosines.append(float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b))))
        self.cosine = min(self._cosines)

    @property
    def mean(self) -> float:
        return self.total / max(1, self.numbers)

    def to_json(self) -> dict[str, object]:
        answers = {"cosine": round(self.cosine, 6)} if self.cosine is not None else {"asked": self.asked, "agree": self.agree}
        return {"what": self.what, **answers, "max_error": round(self.greatest, 6), "mean_error": round(self.mean, 6), "range": round(self.range, 4)}

    def __str__(self) -> str:
        same = f"least cosine {self.cosine:.4f}" if self.cosine is not None else f"{self.agree} of {self.asked} {self.what} agree, {self.asked - self.agree} flip"
        return f"{same}; error at most {self.greatest:.2g}, on average {self.mean:.2g}, where the numbers span {self.range:.3g}"


WHAT = {
    "feature-extraction": "vectors", "fill-mask": "words for a mask", "question-answering": "starts and ends", "text-classification": "labels",
    "token-classification": "labels of tokens", "zero-shot-classification": "labels",
}


def measure(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, head: Head, folder: Path, suffix: str, texts: list[tuple[str, ...]]) -> Report:
    """Asks the graphs of `folder` whose names end in `suffix`. `texts`: one or two an input."""
    report = Report(WHAT.get(head.task, "tokens"))
    with torch.no_grad():
        if head.form is None:
            _read(model, tokenizer, head.task, folder / f"model{suffix}.onnx", texts, report)
        else:
            _write(model, tokenizer, Steps(folder, suffix, model), texts, report)
    if not report.numbers:
        raise ValueError(f"none of the {len(texts)} texts can be asked")
    return report


def _read(model, tokenizer, task: str, path: Path, texts: list[tuple[str, ...]], report: Report) -> None:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_inputs()]
    for given in _masked(tokenizer, texts) if task == "fill-mask" else texts:
        encoded = tokenizer(*given, return_tensors="pt", truncation=True, max_length=_longest(model, tokenizer))
        feeds = {name: encoded[name] for name in names}
        answer = model(**feeds)
        found = session.run(outputs_of(task), {name: tensor.numpy() for name, tensor in feeds.items()})
        for name, numbers in zip(outputs_of(task), found, strict=True):
            expected = answer[name].numpy()
            if task == "feature-extraction":
                report.add_vectors(numbers[0], expected[0])
            elif task == "fill-mask":
                places = (encoded.input_ids[0] == tokenizer.mask_token_id).numpy()
                report.add(numbers[0][places], expected[0][places])
            else:
                report.add(numbers if task in (*PER_SEQUENCE, "question-answering") else numbers[0], expected if task in (*PER_SEQUENCE, "question-answering") else expected[0])


def _masked(tokenizer, texts: list[tuple[str, ...]]) -> Iterator[tuple[str]]:
    """The middle word of each gives way to a mask, unless there is one."""
    for text, *_ in texts:
        words = text.split()
        if tokenizer.mask_token not in text and len(words) > 2:
            words[len(words) // 2] = tokenizer.mask_token
        if tokenizer.mask_token in " ".join(words):
            yield (" ".join(words),)


def _write(model, tokenizer, steps: Steps, texts: list[tuple[str, ...]], report: Report) -> None:
    """The model writes, greedily; the graphs read what it wrote, and are asked at each step what they would have written."""
    prefix = PREFIX if model.config.model_type == "t5" else ""
    for text, *_ in texts:
        given = tokenizer(prefix + text, return_tensors="pt", truncation=True, max_length=max(1, _longest(model, tokenizer) - NEW_TOKENS))
        kept = {"input_ids": given.input_ids, "attention_mask": torch.ones_like(given.input_ids)}
        # CTRL's prints.
        with contextlib.redirect_stdout(io.StringIO()):
            options = {"do_sample": False, "num_beams": 1, "max_new_tokens": NEW_TOKENS, "return_dict_in_generate": True, "output_logits": True}
            answer = model.generate(**kept, **options)
        expected = np.stack([logits[0].numpy() for logits in answer.logits])
        both = model.config.is_encoder_decoder
        row = answer.sequences[0].numpy()
        start = 1 if both else given.input_ids.shape[1]
        steps.start(given.input_ids.numpy() if both else None)
        found = [steps.step(row[:start])] + [steps.step(row[i : i + 1]) for i in range(start, len(row) - 1)]
        report.add(np.stack(found), expected[: len(found)])


def _longest(model, tokenizer) -> int:
    config = model.config
    known = [getattr(config, name, None) for name in ("max_position_embeddings", "n_positions")]
    lengths = [length for length in (*known, tokenizer.model_max_length) if isinstance(length, int) and 0 < length]
    # RoBERTa's positions begin behind that of padding.
    return min([512, *(length - (2 if config.model_type == "roberta" else 0) for length in lengths)])
