"""What the pipelines of transformers answer for each architecture and task: requests in the words of the wire, and their answers."""

import contextlib
import io
import random
from collections.abc import Callable, Iterator
from typing import Any

# First, for where the other folders are.
from models import module_of

from corpus import FIRMS, NAMES, PLACES, passage, sentences
from pipelines import Listener
from tokenization import TARGETS
from train_tokenizers import CODES
from transformers import PreTrainedModel, PreTrainedTokenizerFast, pipeline

asked = module_of("seeded", "ask")
ENOUGH = 4
"""Of each kind of request, those that hang on no tie."""
MOST = 24
GREEDY = {"do_sample": False, "max_new_tokens": 10}


def answers(kind: str, task: str, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> tuple[list[dict[str, Any]], int]:
    """ENOUGH requests for each set of parameters, and how many were left out for a tie."""
    if tokenizer.pad_token is None:
        # The pipelines of pairs pad, if only to the length that a text has already.
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
    pipe = pipeline(task, model=model, tokenizer=tokenizer, device="cpu")
    kept, dropped = [], 0
    for parameters, ask in ASKERS[task](kind, pipe):
        count = 0
        for inputs, answer, close in ask:
            dropped += close
            if not close:
                kept.append({"inputs": inputs, "parameters": parameters, "expected": asked.rounded(asked.plain(answer))})
                count += 1
            if count == ENOUGH:
                break
        if count < ENOUGH:
            raise ValueError(f"{kind}, {task} {parameters}: all but {count} of {MOST} answers hang on a tie")
    return kept, dropped


Asker = Iterator[tuple[dict[str, Any], Iterator[tuple[Any, Any, bool]]]]


def _texts(kind: str, seed: int) -> list[str]:
    return sentences(MOST, sum(map(ord, kind)) * 10 + seed)


def _each(inputs: list[Any], answer: Callable[[Any], Any]) -> Iterator[tuple[Any, Any, bool]]:
    for each in inputs:
        answered = answer(each)
        yield each, answered, asked.is_close(asked.plain(answered))


def _classify(kind: str, pipe: Callable) -> Asker:
    yield {}, _each(_texts(kind, 1), lambda text: pipe(text, top_k=None))
    pairs = [{"text": a, "text_pair": b} for a, b in zip(_texts(kind, 2), _texts(kind, 3), strict=True)]
    yield {"function_to_apply": "sigmoid"}, _each(pairs, lambda pair: asked.one(pipe([pair], top_k=None, function_to_apply="sigmoid")))


def _zero_shot(kind: str, pipe: Callable) -> Asker:
    def scored(parameters: dict[str, Any]) -> Callable[[str], Any]:
        def answer(text: str) -> Any:
            found = pipe(text, **parameters)
            return [{"label": label, "score": score} for label, score in zip(found["labels"], found["scores"], strict=True)]

        return answer

    for number, parameters in enumerate([{"candidate_labels": PLACES[:3]}, {"candidate_labels": FIRMS[:3], "multi_label": True}]):
        yield parameters, _each(_texts(kind, 10 + number), scored(parameters))


def _tag(kind: str, pipe: Callable) -> Asker:
    for number, strategy in enumerate(["none", "simple"]):
        yield {"aggregation_strategy": strategy}, _each(_texts(kind, 20 + number), lambda text, own=strategy: pipe(text, aggregation_strategy=own))


def _question(kind: str, pipe: Callable) -> Asker:
    rng = random.Random(5)
    bodies = [{"question": f"Where does {rng.choice(NAMES)} work?", "context": passage(rng, 1 + i % 5)} for i in range(MOST)]
    yield {}, _each(bodies, lambda body: pipe(**body))
    yield {"top_k": 3, "max_seq_len": 80, "doc_stride": 16}, _each(bodies, lambda body: pipe(**body, top_k=3, max_seq_len=80, doc_stride=16))


def _fill(kind: str, pipe: Callable) -> Asker:
    def masked(text: str, place: int) -> str:
        words = text.split(" ")
        words[place % len(words)] = pipe.tokenizer.mask_token
        return " ".join(words)

    for number, count in enumerate([5, 2]):
        texts = [masked(text, i) for i, text in enumerate(_texts(kind, 30 + number))]
        yield {"top_k": count}, _each(texts, lambda text, count=count: pipe(text, top_k=count))


def _features(kind: str, pipe: Callable) -> Asker:
    yield {"pooling": "none", "normalize": False}, _each(_texts(kind, 40), lambda text: pipe(text)[0])


def _written(pipe: Callable, listener: Listener, texts: list[str], parameters: dict[str, Any]) -> Iterator[tuple[Any, Any, bool]]:
    for text in texts:
        # CTRL's prints.
        with contextlib.redirect_stdout(io.StringIO()):
            answer = pipe(text, **parameters)
        yield text, answer, listener.close


def _write(kind: str, pipe: Callable) -> Asker:
    texts = [" ".join(text.split()[: 2 + i % 7]) for i, text in enumerate(_texts(kind, 50))]
    if kind == "ctrl":
        texts = [f"{CODES[i % 4]} {text}" for i, text in enumerate(texts)]
    listener = Listener(pipe.model)
    for parameters in (GREEDY, {**GREEDY, "num_beams": 3, "return_full_text": False}):
        yield parameters, _written(pipe, listener, texts, parameters)


def _rewrite(kind: str, pipe: Callable) -> Asker:
    texts = _texts(kind, 60)
    if kind == "marian":
        texts = [f"{TARGETS[i % 2]} {text}" for i, text in enumerate(texts)]
    languages = {"src_lang": "en_XX", "tgt_lang": "fr_XX"} if kind == "mbart" and pipe.task == "translation" else {}
    listener = Listener(pipe.model)
    for parameters in ({**GREEDY, "num_beams": 1}, {"max_new_tokens": 12, "num_beams": 4}):
        yield parameters | languages, _written(pipe, listener, texts, parameters | languages)


ASKERS: dict[str, Callable[[str, Callable], Asker]] = {
    "feature-extraction": _features,
    "fill-mask": _fill,
    "question-answering": _question,
    "summarization": _rewrite,
    "text-classification": _classify,
    "text-generation": _write,
    "token-classification": _tag,
    "translation": _rewrite,
    "zero-shot-classification": _zero_shot,
}
