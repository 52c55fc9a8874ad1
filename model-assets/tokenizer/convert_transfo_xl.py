"""Transformer-XL's tokenizer to a tokenizer.json: `TransfoXLTokenizer` of transformers 4.57, which is Moses's rules before words.

    pip install tokenizers==0.22.2 transformers==4.57.6 sacremoses==0.2.0
    python model-assets/tokenizer/convert_transfo_xl.py <vocab.txt> <tokenizer.json>       one word a line

Moses puts spaces around things by what stands on both sides of them. A step of a tokenizer.json puts in a text that is always the same,
and sees of what stands before a match nothing: rules of that kind are written out here for digits and common characters. README.md of
shared/tokenizer lists what is lost, with counts.
"""

import sys

from sacremoses import MosesTokenizer
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers

SPECIAL = ["<eos>", "<unk>", "<formula>"]
DASH = "\ue000"
"""Stands for those that stay while the others are replaced."""
BEFORE_DASH = "'.,()[=*:_!\""
BEFORE_QUOTE = "\":-.,([="


def convert(slow) -> Tokenizer:
    moses = MosesTokenizer("en")
    tokenizer = Tokenizer(models.WordLevel(vocab=dict(slow.sym2idx), unk_token="<unk>"))
    alnum, alpha, numbers = (_class(getattr(moses, name)) for name in ("IsAlnum", "IsAlpha", "IsN"))
    steps = [*_lower(slow), *_punctuation(), *_dashes(alnum), *_numbers(), *_apostrophes()]
    tokenizer.normalizer = normalizers.Sequence(steps)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.WhitespaceSplit(),
        # A comma that stands in a number was taken out of it before.
        pre_tokenizers.Split(Regex(rf"@[,.\-]@|\.\.+|[^{alnum}\s.'`,\-]|,"), "isolated"),
        pre_tokenizers.Split(Regex(rf"'(?![{alpha}])"), "isolated"),
        pre_tokenizers.Split(Regex(rf"'(?=[{alpha}])"), "merged_with_next"),
        pre_tokenizers.Split(Regex(_words(moses, alpha)), "isolated"),
    ])  # fmt: skip
    present = [piece for piece in SPECIAL if piece in slow.sym2idx]
    tokenizer.add_special_tokens([AddedToken(piece, normalized=False) for piece in present])
    return tokenizer


def _class(characters: str) -> str:
    """What stands between the brackets of a class of these characters."""
    points, ranges = sorted(set(map(ord, characters))), []
    for point in points:
        if ranges and ranges[-1][1] == point - 1:
            ranges[-1][1] = point
        else:
            ranges.append([point, point])
    return "".join(rf"\x{{{a:x}}}-\x{{{b:x}}}" if a < b else rf"\x{{{a:x}}}" for a, b in ranges)


def _replace(pairs) -> list:
    return [normalizers.Replace(Regex(a.pattern) if hasattr(a, "pattern") else a, b) for a, b in pairs]


class _R:
    def __init__(self, pattern: str):
        self.pattern = pattern


def _lower(slow) -> list:
    return [normalizers.Lowercase()] if slow.lower_case else []


def _punctuation() -> list:
    """MosesPunctNormalizer for English; spaces that it puts or takes beside what is cut off anyway are left out."""
    return _replace([
        (_R(r"[\x{0}-\x{8}\x{d}-\x{1b}]"), ""), (_R(r"[\s\x{1c}-\x{1f}]+"), " "),
        *((f"@{mark}@", f"@ {mark} @") for mark in ",.-"),
        ("`", "'"), ("''", ' " '), (_R("[„“”«»]"), '"'), ("–", "-"), ("—", " - "), (_R("[´‘‚’]"), "'"), ("''", '"'), ("…", "..."),
        ('"...', '..."'), ('"..', '.."'), ('".', '."'), ('",', ',"'),
    ])  # fmt: skip


def _dashes(alnum: str) -> list:
    """`a-b` is `a @-@ b`; any other dash stays where it is."""
    kept = [(f"{before}-", f"{before}{DASH}") for before in BEFORE_DASH]
    return [
        normalizers.Prepend(" "),
        *_replace([("--", DASH * 2), (" -", f" {DASH}"), *kept, (_R(rf"-(?=[{alnum}])"), " @-@ "), (DASH, "-")]),
        normalizers.Strip(left=True, right=True),
    ]


def _numbers() -> list:
    """`5,000.5` is `5 @,@ 000 @.@ 5`."""
    return _replace([(_R(rf"{digit}{chr(92)}{mark}(?=\d)"), f"{digit} @{mark}@ ") for digit in range(10) for mark in ",."])


def _apostrophes() -> list:
    """One that no letter stands before is a word; one that a letter stands before begins the next word."""
    return _replace([(" '", " ' "), *((f"{before}'", f"{before} ' ") for before in BEFORE_QUOTE)])


def _words(moses: MosesTokenizer, alpha: str) -> str:
    """Words with the dot that belongs to them, or without: what has another dot and a letter, and what is known to be abbreviated."""
    known = [word for word in moses.NONBREAKING_PREFIXES if word not in moses.NUMERIC_ONLY_PREFIXES and "#" not in word and "." not in word]
    letters = f"[{alpha}]"
    dotted = rf"[^.]*{letters}[^.]*\.(?:[^.]*\.)+\z|[^.]*\.(?:[^.]*\.)*[^.]*{letters}[^.]*\.(?:[^.]*\.)*\z"
    abbreviated = rf"(?:{'|'.join(sorted(known, key=len, reverse=True))})\.\z"
    return rf"\.\.+\z|{dotted}|{abbreviated}|(?:[^.]|\.(?=[\s\S]))+|\."


if __name__ == "__main__":
    from transformers.models.deprecated.transfo_xl import TransfoXLTokenizer

    made = convert(TransfoXLTokenizer(vocab_file=sys.argv[1]))
    made.save(sys.argv[2])
    print(f"{made.get_vocab_size()} words")
