"""Tells whole sentences from headlines and fragments, well enough to choose what a model should write like."""

import re

VERBS = re.compile(
    r"\b(?:is|are|was|were|am|be|been|has|have|had|do|does|did|can|could|may|might|must|shall|should|will|would|we|I|he|she|they|it|you|"
    r"achieve|achieves|address|addresses|aim|aims|allow|allows|analyze|analyzes|apply|applies|combine|combines|compare|compares|"
    r"demonstrate|demonstrates|describe|describes|develop|develops|enable|enables|explore|explores|extend|extends|give|gives|generate|"
    r"generates|help|helps|improve|improves|introduce|introduces|investigate|investigates|lead|leads|learn|learns|make|makes|need|needs|"
    r"outperform|outperforms|perform|performs|present|presents|propose|proposes|prove|proves|provide|provides|reduce|reduces|require|"
    r"requires|show|shows|study|studies|suggest|suggests|take|takes|use|uses|work|works|yield|yields)\b",
    re.IGNORECASE,
)
"""What speaks in a sentence: a subject that is always followed by a verb, or a verb that papers and prose use much."""


def is_whole(text: str) -> bool:
    """Whether it begins with a capital, ends with a stop, opens no quotation that it does not close, and has a verb."""
    return bool(re.match(r"[A-Z]", text) and re.search(r"[\w)%\"'][.!?]$", text) and text.count('"') % 2 == 0 and VERBS.search(text))


def mended(text: str) -> str:
    """With a capital at the front and a stop at the end."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if re.search(r"[.!?]$", text) else ".")
