"""What takes long to make, and is made once: a recipe that was interrupted finds it again."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import torch

T = TypeVar("T")


def kept(path: Path, make: Callable[[], T]) -> T:
    """What `make` gives, from `path` where it is there. A run that ends while it writes leaves nothing that is taken for the whole."""
    if not path.exists():
        temporary = path.with_suffix(".tmp")
        torch.save(make(), temporary)
        temporary.replace(path)
    return torch.load(path, weights_only=False)
