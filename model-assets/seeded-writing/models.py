"""Models of two layers and 32 units with seeded weights, one for each architecture that writes. What they write means nothing, but they
seldom repeat themselves, end now and then, and are far from ties."""

import sys
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerFast
from transformers.models.deprecated.transfo_xl import TransfoXLConfig

sys.path.append(str(Path(__file__).parent.parent))

from export.transfo_xl import MendedTransfoXLLMHeadModel  # noqa: E402

LENGTH = 256
"""Tokens that the models take."""
SIZE, LAYERS, HEADS, INNER = 32, 2, 4, 64
GPT = {"n_embd": SIZE, "n_layer": LAYERS, "n_head": HEADS, "n_positions": LENGTH}
BART = {
    "d_model": SIZE, "encoder_layers": LAYERS, "decoder_layers": LAYERS, "encoder_attention_heads": HEADS, "decoder_attention_heads": HEADS,
    "encoder_ffn_dim": INNER, "decoder_ffn_dim": INNER, "max_position_embeddings": LENGTH,
}
ARCHITECTURES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "gpt2": ("GPT2Config", "GPT2LMHeadModel", {**GPT, "n_inner": INNER}),
    "openai-gpt": ("OpenAIGPTConfig", "OpenAIGPTLMHeadModel", {**GPT, "n_positions": 128}),
    "ctrl": ("CTRLConfig", "CTRLLMHeadModel", {**GPT, "dff": INNER}),
    "bart": ("BartConfig", "BartForConditionalGeneration", BART),
    "marian": ("MarianConfig", "MarianMTModel", {**BART, "static_position_embeddings": True, "scale_embedding": True}),
    "mbart": ("MBartConfig", "MBartForConditionalGeneration", {**BART, "scale_embedding": True}),
    "t5": ("T5Config", "T5ForConditionalGeneration", {"d_model": SIZE, "d_kv": SIZE // HEADS, "d_ff": INNER, "num_layers": LAYERS, "num_heads": HEADS, "n_positions": LENGTH}),
}
# Sorted by key, as a configuration is in its file: the first pair is that of a `translation` without languages.
PREFIXES = {"translation_en_to_de": "translate English to German: ", "translation_en_to_fr": "translate English to French: "}
SEEDS = {"gpt2": 0, "openai-gpt": 0, "ctrl": 0, "transfo-xl": 26, "bart": 3, "marian": 2, "mbart": 4, "t5": 3}
"""Of a few, those that repeat themselves least."""
ENDINGS = {"gpt2": 1.7, "ctrl": 2.9, "transfo-xl": 5.6, "bart": 3.5, "marian": 4.0, "mbart": 2.6, "t5": 1.5}
"""How far the end of a text is favoured: added to its logit, or, in gpt2 and t5, which have no bias there, a factor of its row."""


MEMORY = 24
"""Positions that Transformer-XL remembers."""


def make_model(architecture: str, tokenizer: PreTrainedTokenizerFast) -> PreTrainedModel:
    torch.manual_seed(SEEDS[architecture])
    special = _special(architecture, tokenizer)
    if architecture == "transfo-xl":
        model = MendedTransfoXLLMHeadModel(_transfo_xl(len(tokenizer), special["eos_token_id"]))
    else:
        config, head, size = ARCHITECTURES[architecture]
        # Tied weights would answer each token with itself.
        options = {"vocab_size": len(tokenizer), "tie_word_embeddings": False, "attn_implementation": "eager", **size, **special}
        model = getattr(transformers, head)(getattr(transformers, config)(**options))
    model = model.eval()
    with torch.no_grad():
        scale(model)
        _favour_the_end(architecture, model)
    model.config.architectures = [ARCHITECTURES[architecture][1] if architecture in ARCHITECTURES else "TransfoXLLMHeadModel"]
    model.generation_config = GenerationConfig(**special, **_lengths(architecture))
    if architecture == "t5":
        model.config.task_specific_params = _t5_tasks()
    return model


def _transfo_xl(pieces: int, end: int) -> TransfoXLConfig:
    return TransfoXLConfig(
        vocab_size=pieces, cutoffs=[500, 600], d_model=SIZE, d_embed=SIZE, n_head=HEADS, d_head=SIZE // HEADS, d_inner=INNER, n_layer=LAYERS, div_val=1,
        mem_len=MEMORY, clamp_len=16, same_length=True, adaptive=True, eos_token_id=end, tie_word_embeddings=False, tie_projs=[False, False, False],
    )


def _special(architecture: str, tokenizer: PreTrainedTokenizerFast) -> dict[str, Any]:
    """Ids of special tokens, as published checkpoints of the architecture set them."""
    known = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    known = {key: value for key, value in known.items() if value is not None}
    end = tokenizer.eos_token_id
    if architecture == "ctrl":
        # Two ends, which widens each step of a beam search.
        return {"eos_token_id": tokenizer.convert_tokens_to_ids(["</s>", "<s>"]), "pad_token_id": 0}
    return known | {
        "bart": {"decoder_start_token_id": end, "forced_bos_token_id": 0, "forced_eos_token_id": end},
        "mbart": {"decoder_start_token_id": end, "forced_eos_token_id": end},
        "marian": {"decoder_start_token_id": tokenizer.pad_token_id, "forced_eos_token_id": end, "bad_words_ids": [[tokenizer.pad_token_id]]},
        "t5": {"decoder_start_token_id": tokenizer.pad_token_id},
    }.get(architecture, {})


def _lengths(architecture: str) -> dict[str, Any]:
    """What generation_config.json says of lengths and beams, where published checkpoints say something."""
    return {
        "bart": {"max_length": 40, "min_length": 6, "num_beams": 4, "length_penalty": 2.0, "no_repeat_ngram_size": 3, "early_stopping": True},
        "marian": {"max_length": 64, "num_beams": 4},
        "mbart": {"max_length": 48, "num_beams": 5, "early_stopping": True},
    }.get(architecture, {})


def _t5_tasks() -> dict[str, Any]:
    tasks: dict[str, Any] = {name: {"early_stopping": True, "max_length": 30, "num_beams": 4, "prefix": prefix} for name, prefix in PREFIXES.items()}
    summary = {"early_stopping": True, "length_penalty": 2.0, "max_length": 40, "min_length": 8, "no_repeat_ngram_size": 3, "num_beams": 4}
    return tasks | {"summarization": summary | {"prefix": "summarize: "}}


def scale(model: PreTrainedModel) -> None:
    """Logits differ by whole units, and what comes next hangs on the last token first, then on its place and on all before it: with
    more of the latter a text goes in circles, with less it does not hear its prompt."""
    kind = model.config.model_type
    for key, parameter in model.named_parameters():
        place = key.split(".")[-2]
        if "norm" in key.lower() or "ln_" in key:
            continue
        if "lm_head" in key or "crit.out_layers" in key:
            parameter.normal_(0, 0.5 if parameter.ndim > 1 else 0.3)
        elif "embed" in key or "word_emb" in key or place in ("wte", "wpe", "w", "shared", "relative_attention_bias"):
            # Some models multiply embeddings by the root of their width.
            scaled = getattr(model.config, "scale_embedding", False) or kind in ("ctrl", "transfo-xl")
            parameter.normal_(0, SIZE**-0.5 if scaled and "position" not in key else 1.0)
        elif parameter.ndim > 1:
            sharp = place in ("q", "k", "q_proj", "k_proj", "Wq", "Wk")
            # T5 does not divide by the root of the width of a head.
            parameter.normal_(0, (2.0 if sharp else 0.6) / SIZE**0.5 * (0.35 if kind == "t5" and place == "q" else 1))
        else:
            parameter.normal_(0, 0.05)


def _favour_the_end(architecture: str, model: PreTrainedModel) -> None:
    ends = model.config.eos_token_id
    if ends is None:
        return
    rows = torch.tensor(ends if isinstance(ends, list) else [ends])
    by = ENDINGS[architecture]
    if architecture in ("gpt2", "t5"):
        model.lm_head.weight[rows] *= by
    elif architecture == "ctrl":
        model.lm_head.bias[rows] += by
    elif architecture == "transfo-xl":
        model.crit.out_layers[0].bias[rows] += by
    else:
        model.final_logits_bias[0, rows] += by
