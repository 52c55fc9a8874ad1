"""Models of two layers and 16 units with seeded weights: one for each architecture and head. What they answer means nothing,
but it is far from a tie, and `transformers` answers the same."""

from pathlib import Path

import torch
import transformers
from tokenizers import Tokenizer
from transformers import AddedToken, PreTrainedModel, PreTrainedTokenizerFast

HERE = Path(__file__).parent
LENGTH = 128
"""Tokens that the models take."""
TAGS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "ORG"]
ENTAILMENT = ["contradiction", "neutral", "entailment"]
HEADS = {
    "feature-extraction": ("Model", None),
    "fill-mask": ("ForMaskedLM", None),
    "question-answering": ("ForQuestionAnswering", None),
    "text-classification": ("ForSequenceClassification", ["BAD", "FAIR", "GOOD", "BEST"]),
    "token-classification": ("ForTokenClassification", TAGS),
    "zero-shot-classification": ("ForSequenceClassification", ENTAILMENT),
}
ARCHITECTURES = {"albert": "Albert", "bert": "Bert", "distilbert": "DistilBert", "electra": "Electra", "roberta": "Roberta"}
BERT_TOKENS = {"unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]", "mask_token": "[MASK]"}


def make_tokenizer(architecture: str) -> PreTrainedTokenizerFast:
    kind = {"roberta": "byte-level", "albert": "unigram"}.get(architecture, "wordpiece")
    options = {
        "wordpiece": {**BERT_TOKENS, "do_lower_case": False, "strip_accents": False},
        "byte-level": {"mask_token": AddedToken("<mask>", lstrip=True, special=True)},
        "unigram": {"mask_token": AddedToken("[MASK]", lstrip=True, special=True)},
    }[kind]
    tokenizer = Tokenizer.from_file(str(HERE / "tokenizers" / f"{kind}.json"))
    make = getattr(transformers, f"{ARCHITECTURES[architecture]}TokenizerFast")
    return make(tokenizer_object=tokenizer, model_max_length=LENGTH, **options)


def make_model(architecture: str, task: str, tokenizer: PreTrainedTokenizerFast, seed: int) -> PreTrainedModel:
    head, labels = HEADS[task]
    name = ARCHITECTURES[architecture]
    offset = tokenizer.pad_token_id + 1 if architecture == "roberta" else 0
    size = {"vocab_size": len(tokenizer), "pad_token_id": tokenizer.pad_token_id, "max_position_embeddings": LENGTH + offset}
    if architecture == "distilbert":
        size |= {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32}
    else:
        size |= {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32, "embedding_size": 16}
    if labels:
        size |= {"id2label": dict(enumerate(labels)), "label2id": {label: i for i, label in enumerate(labels)}}
    config = getattr(transformers, f"{name}Config")(**size)
    torch.manual_seed(seed)
    model = getattr(transformers, f"{name}{head}")(config).eval()
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if parameter.ndim > 1:
                # Wide enough that logits differ by whole units, and narrow enough that attention does not fall on one token.
                parameter.normal_(0, 1.0 if "embeddings" in key else 0.5)
            elif "norm" not in key.lower():
                parameter.normal_(0, 0.3)
            elif key.endswith("weight") and not key.startswith(model.base_model_prefix):
                # The norm before the vocabulary: over 700 pieces a narrower spread leaves more than one piece a chance.
                parameter.fill_(0.3)
    return model
