"""Back-translation (Sennrich et al. 2016): a model that learned the pairs the other way round translates English that has no French. What it writes
is poor, and is only read; what is written was always English.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from tokenizers import Tokenizer
from transformers import MarianMTModel

from . import rewriting
from .pairs import Pair

TOGETHER = 3
"""Pairs that must have a word in both languages, for it to be the same in both."""
LONG = 4
"""Letters from which on a word that is in both languages is one that was not translated."""


def translated(model: MarianMTModel, tokenizer: Tokenizer, sentences: Sequence[str], real: Iterable[Pair]) -> list[Pair]:
    """Of the sentences those of which `model`, from English to French, makes something that may be their French."""
    shared = Counter(word for pair in real for word in _shared(pair))
    written = rewriting.write(model, tokenizer, sentences, size=128, num_beams=1, max_new_tokens=48)
    return [pair for pair in map(Pair, written, sentences) if _is_likely(pair) and all(shared[word] >= TOGETHER for word in _shared(pair))]


def _is_likely(pair: Pair) -> bool:
    """About as long, and with nothing said twice more often than in English."""
    return 0.6 * len(pair.en) <= len(pair.fr) <= 2 * len(pair.en) + 5 and _repeated(pair.fr) <= _repeated(pair.en)


def _repeated(text: str) -> int:
    """Words of the text that follow themselves, and two together that come again. We and you do: _nous nous_."""
    words = re.findall(r"\w+", text.lower())
    twice = sum(first == second and first not in ("nous", "vous") for first, second in pairwise(words))
    return twice + sum(count - 1 for count in Counter(pairwise(words)).values())


def _shared(pair: Pair) -> set[str]:
    fr, en = (set(re.findall(rf"\b[a-z]{{{LONG},}}\b", side)) for side in pair)
    return fr & en
