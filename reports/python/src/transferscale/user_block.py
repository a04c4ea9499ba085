"""The first 512 bytes of every file of TransferScale: what it is, its schema, and the SHA-256 of all that follows."""
from __future__ import annotations

import hashlib
from typing import NamedTuple, Optional

USER_BLOCK_BYTES = 512
MAGIC = b"TransferScale "
HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"


class UserBlock(NamedTuple):
    kind: str  #: "bundle" or "record"
    schema: int
    sha256: str  #: over every byte after the block


def to_bytes(block: UserBlock) -> bytes:
    """Four lines of text (the last is a check over the first three), then zeros."""
    text = f"TransferScale {block.kind}\nschema {block.schema}\nsha256 {block.sha256}\n"
    text += f"check {hashlib.sha256(text.encode()).hexdigest()}\n"
    return text.encode().ljust(USER_BLOCK_BYTES, b"\0")


def from_bytes(head: bytes) -> Optional[UserBlock]:
    """The inverse of to_bytes; None when a single bit differs from what to_bytes writes."""
    try:
        lines = head.rstrip(b"\0").decode("ascii").splitlines()
        values = [line.removeprefix(label) if line.startswith(label) else None
                  for line, label in zip(lines, ("TransferScale ", "schema ", "sha256 "))]
        block = UserBlock(str(values[0]), int(str(values[1])), str(values[2]))
    except (UnicodeDecodeError, ValueError, IndexError):
        return None
    return block if to_bytes(block) == head else None
