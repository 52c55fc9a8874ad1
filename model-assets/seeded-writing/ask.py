"""What each model is asked with `generate`, in the words of the wire, and the ids that it answers."""

import contextlib
import io
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from corpus import passage, sentences
from ties import Watch, close_greedy
from tokenization import LANGUAGES, TARGETS
from torch import LongTensor
from train_tokenizers import CODES
from transformers import PreTrainedModel, PreTrainedTokenizerFast

INPUTS = 100
Parameters = dict[str, Any]


@dataclass
class Group:
    """One set of parameters, and the answer to each of the inputs, by its place. `dropped`: how many answers hung on a tie."""

    name: str
    parameters: Parameters
    answers: dict[int, list[list[int]]] = field(default_factory=dict)
    dropped: int = 0
    asked: int = 0


def inputs(architecture: str) -> list[str]:
    """Beginnings of sentences, a few of one word, for decoders; else sentences, with a prefix or a target language, or passages."""
    seed = sum(map(ord, architecture))
    rng = random.Random(seed)
    if architecture == "bart":
        return [passage(rng, 1 + i % 3) for i in range(INPUTS)]
    texts = sentences(INPUTS, seed)
    if architecture == "t5":
        prefixes = ["translate English to French: ", "translate English to German: ", "summarize: ", ""]
        return [prefixes[i % 4] + text for i, text in enumerate(texts)]
    if architecture == "marian":
        return [f"{TARGETS[i % 2]} {text}" for i, text in enumerate(texts)]
    if architecture == "mbart":
        return texts
    beginnings = [" ".join(text.split()[: 1 + i % 9]) for i, text in enumerate(texts)]
    return [f"{CODES[i % 4]} {text}" for i, text in enumerate(beginnings)] if architecture == "ctrl" else beginnings


def groups(decoder: bool, usual: list[list[int]], short: int) -> Iterator[tuple[str, Parameters]]:
    """Names and parameters. `usual`: what is answered without any; from there come the words that are forbidden. `short`: of the prompts."""
    common = [token for token, _ in Counter(token for answer in usual for token in answer).most_common(16)]
    pairs = [list(pair) for pair, _ in Counter(pair for answer in usual for pair in zip(answer, answer[1:])).most_common(12)]
    triples = [answer[2:5] for answer in usual[::10] if len(answer) > 5]
    bad = {"bad_words_ids": [[token] for token in common[:4]] + pairs + triples}
    suppress = {"suppress_tokens": common[1:12]}
    # Not one that is suppressed: then nothing would be left.
    bos, eos = {"forced_bos_token_id": common[12]}, {"forced_eos_token_id": common[13]}
    floor = {"min_length": short + 18} if decoder else {"min_length": 18}
    yield "greedy", {}
    for penalty in (1.3, 0.8):
        yield "repetition_penalty", {"repetition_penalty": penalty}
    yield "no_repeat_ngram_size", {"no_repeat_ngram_size": 1}
    # A penalty under one asks for what was there already, so that longer ones come up.
    yield "no_repeat_ngram_size, repetition_penalty", {"no_repeat_ngram_size": 2, "repetition_penalty": 0.6}
    yield "bad_words_ids", bad
    yield "suppress_tokens", suppress
    yield "min_new_tokens", {"min_new_tokens": 17}
    yield "min_length", floor
    yield "forced_bos_token_id", bos
    yield "forced_eos_token_id", {"max_new_tokens": 9, **eos}
    yield "all processors", {"repetition_penalty": 1.5, "no_repeat_ngram_size": 2, "min_new_tokens": 9, **bad, **suppress, **bos, **eos}
    yield "max_new_tokens", {"max_new_tokens": 3}
    yield "max_length", {"max_new_tokens": None, "max_length": short + 11 if decoder else 12}
    four = {"num_beams": 4, "max_new_tokens": 14}
    yield "beams", {**four, "max_new_tokens": 20}
    for penalty in (0.6, 2.0):
        yield "beams length_penalty", {**four, "length_penalty": penalty}
    for early in (False, True, "never"):
        yield "beams early_stopping", {**four, "early_stopping": early}
    yield "beams early_stopping, length_penalty", {**four, "early_stopping": "never", "length_penalty": 2.0}
    for early in (False, True, "never"):
        # Two are finished sooner than four, so that the search has more to stop at.
        yield "two beams early_stopping, length_penalty", {"num_beams": 2, "max_new_tokens": 24, "length_penalty": 2.0, "early_stopping": early}
    yield "beams num_return_sequences", {**four, "max_new_tokens": 10, "num_return_sequences": 4}
    yield "beams repetition_penalty", {**four, "repetition_penalty": 1.3}
    yield "beams no_repeat_ngram_size", {**four, "no_repeat_ngram_size": 1}
    yield "beams no_repeat_ngram_size, repetition_penalty", {**four, "no_repeat_ngram_size": 2, "repetition_penalty": 0.6}
    yield "beams bad_words_ids", {**four, **bad}
    yield "beams suppress_tokens", {**four, **suppress}
    yield "beams min_new_tokens", {**four, "min_new_tokens": 10}
    yield "beams forced_bos_token_id", {**four, **bos}
    yield "beams forced_eos_token_id", {**four, **eos}
    rest = {"length_penalty": 0.6, "early_stopping": True, "num_return_sequences": 2, "repetition_penalty": 1.2}
    yield "beams, all", {**four, **rest, "no_repeat_ngram_size": 3, "min_new_tokens": 5, **bad, **suppress}
    yield "beams max_length", {"num_beams": 3, "num_return_sequences": 3, "max_new_tokens": None, "max_length": short + 7 if decoder else 8}


NEUTRAL = {"bart": {"no_repeat_ngram_size": 0, "min_length": 0, "length_penalty": 1.0, "early_stopping": False}, "mbart": {"early_stopping": False}}
"""What generation_config.json of an architecture sets is set back, so that options are asked alone; one group more has its defaults."""


def ask(architecture: str, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, only: str | None = None) -> tuple[list[str], list[Group]]:
    """The inputs, and what each group answers to them. `only`: the one group that is wanted."""
    texts = inputs(architecture)
    lengths = [len(tokenizer(text).input_ids) for text in texts]
    short = sorted(lengths)[INPUTS // 2]
    base = {"do_sample": False, "num_beams": 1, "max_new_tokens": 20}
    answers = [_answer(model, tokenizer, text, _plain(architecture, base))[0][0] for text in texts[::2]]
    usual = [[token for token in answer if token not in tokenizer.all_special_ids] for answer in answers]
    wanted = [(name, {**base, **NEUTRAL.get(architecture, {}), **own}) for name, own in groups(not model.config.is_encoder_decoder, usual, short)]
    if architecture in NEUTRAL:
        wanted.append(("defaults", {"do_sample": False, "max_new_tokens": 12}))
    answered = []
    for number, (name, parameters) in enumerate(wanted):
        if only in (None, name):
            group = Group(name, _plain(architecture, parameters, number))
            limit = group.parameters.get("max_length")
            for place, text in enumerate(texts):
                if limit and not model.config.is_encoder_decoder and lengths[place] >= limit:
                    continue
                ids, close = _answer(model, tokenizer, text, group.parameters)
                group.asked += 1
                group.dropped += close
                if not close:
                    group.answers[place] = ids
            answered.append(group)
    return texts, answered


def _plain(architecture: str, parameters: Parameters, number: int = 0) -> Parameters:
    """Without what is not given; with languages where the model has some."""
    given = {key: value for key, value in parameters.items() if value is not None}
    if architecture != "mbart":
        return given
    if "forced_bos_token_id" in given:
        return {"src_lang": LANGUAGES[number % 4], **given}
    return {"src_lang": LANGUAGES[number % 4], "tgt_lang": LANGUAGES[(number + 1 + number % 3) % 4], **given}


def _answer(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, text: str, parameters: Parameters) -> tuple[list[list[int]], bool]:
    """Ids without what was given, cut after the end of the text; and whether they hung on a tie."""
    options = dict(parameters)
    if source := options.pop("src_lang", None):
        tokenizer.src_lang = source
    if target := options.pop("tgt_lang", None):
        options["forced_bos_token_id"] = tokenizer.convert_tokens_to_ids(target)
    given = tokenizer(text, return_tensors="pt")
    kept = {"input_ids": given.input_ids, "attention_mask": given.attention_mask}
    with contextlib.redirect_stdout(io.StringIO()), Watch(model) as watch:  # CTRL prints
        answer = model.generate(**kept, **options, return_dict_in_generate=True, output_scores=True)
    start = 1 if model.config.is_encoder_decoder else given.input_ids.shape[1]
    beams = options.get("num_beams", model.generation_config.num_beams)
    close = watch.hung_on_a_tie(options.get("num_return_sequences", 1)) if beams > 1 else close_greedy(answer.scores)
    return [_cut(row[start:], model.generation_config.eos_token_id) for row in answer.sequences], close


def _cut(row: LongTensor, ends: int | list[int] | None) -> list[int]:
    ids = row.tolist()
    known = ends if isinstance(ends, list) else [ends]
    return next((ids[: i + 1] for i, token in enumerate(ids) if token in known), ids)
