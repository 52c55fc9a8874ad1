"""The summarization checkpoint: a Marian model that begins as the translation one, shown which sentence of a passage stands for the
rest, and then what authors and readers of papers said of them in a sentence.

    python -m recipes.marian_scitldr --work /some/folder --translation checkpoints/marian-fr-en --out checkpoints/marian-scitldr

`--translation` is the checkpoint that ships: its model knows English, and copies names. Resumes where it was interrupted.
"""

import random
from collections.abc import Sequence
from functools import partial
from operator import itemgetter
from pathlib import Path

import torch
from rouge_score.rouge_scorer import RougeScorer
from tokenizers import Tokenizer
from transformers import MarianMTModel

from . import byte_pieces, gaps, published, rewriting
from .arguments import flags, parsed
from .by_steps import Schedule, run
from .data import Data, sentences
from .export_writing import write_checkpoint
from .held_back import is_held_back_book, unlike
from .rewriting import LENGTH, SPECIAL
from .wholes import is_whole, mended

PASSAGES = {"books": 7_000, "reviews": 2_000}
FIRST = Schedule(steps=2_000, learning_rate=1.5e-3, warmup=100)
SECOND = Schedule(steps=900, learning_rate=8e-4, warmup=30, seed=19)
BESIDES = 500
"""Passages that an epoch of the second kind shows beside the papers: what is no abstract should be summarized too."""
TOKENS = 4_000
"""Of a batch."""
WRITING = {"num_beams": 4, "min_length": 8, "max_length": 100, "no_repeat_ngram_size": 3, "length_penalty": 1.0}

Pairs = list[tuple[str, str]]


def main() -> None:
    own = flags(__doc__)
    own.add_argument("--translation", type=Path, required=True, help="the checkpoint of recipes.marian_fr_en")
    args = parsed(own)
    data = Data(args.data)
    torch.set_num_threads(1)
    tokenizer = Tokenizer.from_file(str(args.translation / "tokenizer.json"))
    model = rewriting.new_model(**WRITING)
    published.load(model, args.translation)
    dev = (row["document"] for row in data.rows("summarization/scitldr.dev"))
    papers = unlike(data.rows("summarization/scitldr.train"), dev, itemgetter("document"))

    rng = random.Random(FIRST.seed)
    books = [row["text"] for row in data.rows("text/books") if not is_held_back_book(row["title"])]
    reviews = [row["text"] for row in data.rows("text/imdb-unlabelled")]
    rows = [
        *gaps.passages(books, PASSAGES["books"], rng), *gaps.passages(reviews, PASSAGES["reviews"], rng),
        *(list(sentences(row["document"])) for row in papers),
    ]
    places = gaps.chosen(rows, args.work / "places.pt")
    _run(model, tokenizer, partial(gaps.pairs, rows, places), FIRST, args.work / "first.pt")
    nearest_of = [nearest(paper) for paper in papers]
    prose = sum(PASSAGES.values())

    def second(rng: random.Random) -> Pairs:
        return [*taught(papers, nearest_of, rng), *rng.sample(gaps.pairs(rows[:prose], places[:prose], rng), BESIDES)]

    _run(model, tokenizer, second, SECOND, args.work / "second.pt")
    settings = byte_pieces.settings(LENGTH, eos_token=SPECIAL[0], pad_token=SPECIAL[1])
    model.generation_config.capitals_from_source = True
    print(f"the graphs in 32-bit floats are in {write_checkpoint(model, tokenizer, settings, args.out)}")
    measure(model, tokenizer, data.rows("summarization/scitldr.dev"))


def _run(model: MarianMTModel, tokenizer: Tokenizer, shown, schedule: Schedule, state: Path) -> None:
    batches = rewriting.batches(shown, tokenizer, TOKENS, schedule.seed)
    run(model, batches, rewriting.loss_of, schedule, state)


def taught(papers: Sequence[dict], own: Sequence[str | None], rng: random.Random) -> Pairs:
    """Each paper with one of its summaries, and half of them with a sentence of their own too; all of those whose summary is a headline
    with that alone."""
    result: Pairs = []
    for paper, sentence in zip(papers, own, strict=True):
        whole = [text for text in map(mended, paper["summary"]) if is_whole(text)]
        if whole or not sentence:
            result.append((paper["document"], rng.choice(whole or paper["summary"])))
        if sentence and (not whole or rng.random() < 0.5):
            result.append((paper["document"], sentence))
    return result


def nearest(paper: dict) -> str | None:
    """The whole sentence of a paper that is most like its summaries."""
    scorer = RougeScorer(["rougeL"])
    own = [sentence for sentence in sentences(paper["document"]) if len(sentence) <= gaps.LONGEST and is_whole(sentence)]
    return max(own, key=lambda sentence: scorer.score_multi(paper["summary"], sentence)["rougeL"].fmeasure, default=None)


def measure(model: MarianMTModel, tokenizer: Tokenizer, papers: Sequence[dict]) -> None:
    scorer = RougeScorer(["rougeL"])

    def mean(texts: Sequence[str]) -> float:
        scores = [scorer.score_multi(paper["summary"], text)["rougeL"].fmeasure for paper, text in zip(papers, texts, strict=True)]
        return 100 * sum(scores) / len(scores)

    documents = [paper["document"] for paper in papers]
    said = rewriting.write(model, tokenizer, documents, size=32)
    print(f"SciTLDR dev, fp32: ROUGE-L {mean(said):.2f}, of the first sentences {mean([next(sentences(text)) for text in documents]):.2f}", flush=True)


if __name__ == "__main__":
    main()
