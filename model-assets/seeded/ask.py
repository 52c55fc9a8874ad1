"""What each task is asked: inputs, options in the words of the wire, and the answer of the reference to each."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from corpus import ADJECTIVES, FIRMS, NAMES, PLACES, THINGS, passage, sentences

INPUTS = 40
CLOSE = 1e-4


@dataclass
class Case:
    """One request with several inputs. `close`: the order in some answer hangs on less than `CLOSE`."""

    model: str
    inputs: list[Any]
    parameters: dict[str, Any]
    expected: list[Any]

    @property
    def close(self) -> bool:
        return any(is_close(answer) for answer in self.expected)

    def to_json(self) -> dict[str, Any]:
        return {"model": self.model, "inputs": self.inputs, "parameters": self.parameters, "expected": rounded(self.expected)}


def is_close(answer: Any) -> bool:
    """Whether rounding could swap two neighbours in a list of scored things: the two best, or two that are almost equal."""
    if not isinstance(answer, list):
        return False
    if answer and all(isinstance(item, dict) and "score" in item and "start" not in item for item in answer):
        scores = [item["score"] for item in answer]
        return any(abs(a - b) < (CLOSE if i == 0 else CLOSE * abs(a)) for i, (a, b) in enumerate(zip(scores, scores[1:])))
    return any(is_close(item) for item in answer)


def rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 5)
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, list) else value


def plain(value: Any) -> Any:
    """numpy's numbers as Python's."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value.item() if hasattr(value, "item") else value


def _short(architecture: str, option: int, count: int = INPUTS) -> list[str]:
    return sentences(count, sum(map(ord, architecture)) * 100 + option)


def _long(architecture: str, option: int, length: int, count: int = INPUTS) -> list[str]:
    rng = random.Random(sum(map(ord, architecture)) * 1000 + option)
    return [passage(rng, 1 + rng.randrange(length)) for _ in range(count)]


def ask_text_classification(pipe: Callable, architecture: str) -> Iterator[Case]:
    options = [
        {}, {"top_k": 1}, {"top_k": 2}, {"top_k": 100}, {"function_to_apply": "softmax"}, {"function_to_apply": "sigmoid"},
        {"function_to_apply": "none"}, {"truncation": True}, {"truncation": True, "max_length": 16}, {"truncation": "only_first", "max_length": 40},
    ]
    for number, parameters in enumerate(options):
        texts: list[Any] = _long(architecture, number, 12) if "truncation" in parameters else _short(architecture, number)
        if number % 2:
            second = _short(architecture, 50 + number)
            texts = [{"text": a, "text_pair": b} if i % 2 else a for i, (a, b) in enumerate(zip(texts, second, strict=True))]
        if parameters.get("truncation") == "only_first":
            texts = [text if isinstance(text, str) else {**text, "text_pair": text["text_pair"][:30]} for text in texts]
        asked = {"top_k": None} | parameters
        for text in texts:
            yield Case(_name(architecture, "text-classification"), [text], parameters, [one(pipe(text if isinstance(text, str) else [text], **asked))])


def one(answer: Any) -> Any:
    """A pair has to be asked as a list, which nests the answer once more."""
    return answer[0] if answer and isinstance(answer[0], list) else answer


def ask_zero_shot(pipe: Callable, architecture: str) -> Iterator[Case]:
    options = [
        {"candidate_labels": ["education", "politics", "business"]},
        {"candidate_labels": ADJECTIVES[:6]},
        {"candidate_labels": THINGS[:4], "multi_label": True},
        {"candidate_labels": ["music"]},
        {"candidate_labels": "bread, trains , Zürich"},
        {"candidate_labels": PLACES[:5], "hypothesis_template": "This text is about {}, is it not?"},
        {"candidate_labels": FIRMS[:3], "hypothesis_template": "{} is named.", "multi_label": True},
    ]
    for number, parameters in enumerate(options):
        for text in _short(architecture, 100 + number):
            answer = pipe(text, **parameters)
            pairs = [{"label": label, "score": score} for label, score in zip(answer["labels"], answer["scores"], strict=True)]
            yield Case(_name(architecture, "zero-shot-classification"), [text], parameters, [pairs])


def ask_token_classification(pipe: Callable, architecture: str) -> Iterator[Case]:
    """Entities as rows: entity, score, index, word, start, end where nothing is grouped; entity_group, score, word, start, end."""
    strategies = ["none", "simple", "first", "average", "max"]
    options: list[dict[str, Any]] = [{"aggregation_strategy": strategy} for strategy in strategies]
    options += [{"aggregation_strategy": strategy, "stride": stride} for strategy, stride in zip(strategies[1:], (8, 16, 32, 40))]
    options += [{"aggregation_strategy": "simple", "ignore_labels": ["ORG", "PER"]}, {"aggregation_strategy": "none", "ignore_labels": []}]
    for number, parameters in enumerate(options):
        texts = _long(architecture, 200 + number, 9) if "stride" in parameters else _short(architecture, 200 + number)
        asked = {"ignore_labels": ["O"]} | parameters
        if asked.get("stride") is None:
            asked.pop("stride", None)
        for text in texts:
            rows = [list(entity.values()) for entity in plain(pipe(text, **asked))]
            yield Case(_name(architecture, "token-classification"), [text], parameters, [rows])


def ask_question_answering(pipe: Callable, architecture: str) -> Iterator[Case]:
    options = [
        {}, {"top_k": 3}, {"max_seq_len": 64, "doc_stride": 16}, {"max_answer_len": 4}, {"handle_impossible_answer": True, "top_k": 2},
        {"align_to_words": False}, {"max_seq_len": 80, "doc_stride": 8, "top_k": 4, "handle_impossible_answer": True, "max_answer_len": 30},
        {"align_to_words": False, "max_question_len": 40, "top_k": 2},
    ]
    rng = random.Random(5)
    for number, parameters in enumerate(options):
        contexts = _long(architecture, 300 + number, 9)
        for context in contexts:
            question = rng.choice([f"Where does {rng.choice(NAMES)} work?", f"Who {rng.choice(['loved', 'hated', 'opened'])} the {rng.choice(THINGS)}?", "What?"])
            body = {"question": question, "context": context}
            answer = plain(pipe(question=question, context=context, **parameters))
            scores = [a["score"] for a in answer] if isinstance(answer, list) else []
            if any(abs(a - b) < 1e-7 for a, b in zip(scores, scores[1:])):
                continue
            yield Case(_name(architecture, "question-answering"), [body], parameters, [answer])


def ask_fill_mask(pipe: Callable, architecture: str) -> Iterator[Case]:
    mask = pipe.tokenizer.mask_token
    options: list[dict[str, Any]] = [{}, {"top_k": 3}, {"top_k": 1}, {"targets": ["the", "was", "and"]}, {"targets": ["work", "Paris", "Paris"], "top_k": 2}]
    for number, parameters in enumerate([*options, {"top_k": 2}]):
        several = number == len(options)
        for index, text in enumerate(_short(architecture, 400 + number)):
            words = text.split(" ")
            words[index % len(words)] = mask
            if several:
                words[(index * 7 + 3) % len(words)] = mask
            masked = " ".join(words)
            yield Case(_name(architecture, "fill-mask"), [masked], parameters, [plain(pipe(masked, **parameters))])


def ask_feature_extraction(pipe: Callable, architecture: str) -> Iterator[Case]:
    """Pooling by sentence-transformers, which is where its names come from; "none" is the pipeline itself."""
    from sentence_transformers.models import Pooling

    size = pipe.model.config.hidden_size
    options: list[dict[str, Any]] = [
        {"pooling": "mean"}, {"pooling": "cls"}, {"pooling": "last"}, {"pooling": "mean", "normalize": False}, {"pooling": "mean", "dimensions": 8},
        {"pooling": "cls", "truncate": True},
    ]
    modes = {"mean": "mean", "cls": "cls", "last": "lasttoken"}
    for number, parameters in enumerate(options):
        texts = _long(architecture, 500 + number, 12) if "truncate" in parameters else _short(architecture, 500 + number)
        for text in texts:
            encoded = pipe.tokenizer(text, return_tensors="pt", truncation=True)
            with torch.no_grad():
                hidden = pipe.model(**encoded).last_hidden_state
            pooled = Pooling(size, pooling_mode=modes[parameters["pooling"]])({"token_embeddings": hidden, "attention_mask": encoded["attention_mask"]})
            vector = pooled["sentence_embedding"][0].numpy()[: parameters.get("dimensions", size)]
            if parameters.get("normalize", True):
                vector = vector / np.linalg.norm(vector)
            yield Case(_name(architecture, "feature-extraction"), [text], parameters, [vector.tolist()])
    for text in _short(architecture, 599, 5):
        yield Case(_name(architecture, "feature-extraction"), [text], {"pooling": "none", "normalize": False}, pipe(text))


def _name(architecture: str, task: str) -> str:
    return f"seeded-{architecture}-{task}"


ASKERS = {
    "feature-extraction": ask_feature_extraction,
    "fill-mask": ask_fill_mask,
    "question-answering": ask_question_answering,
    "text-classification": ask_text_classification,
    "token-classification": ask_token_classification,
    "zero-shot-classification": ask_zero_shot,
}
