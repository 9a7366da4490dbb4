"""Merkle trees, as RFC 6962 hashes them: one root commits to many leaves, and a short path proves each of them alone.

So a signed head can cover every case of the house, and the export of one case need not name the others.
"""

import hashlib
from collections.abc import Sequence

Path = list[tuple[str, bytes]]
LEFT, RIGHT = "left", "right"
EMPTY = hashlib.sha256(b"").digest()


def leaf(content: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + content).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes in their order."""
    level = list(leaves)
    while len(level) > 1:
        level = _above(level)
    return level[0] if level else EMPTY


def path(leaves: Sequence[bytes], place: int) -> Path:
    """The sisters on the way from the leaf at `place` up to the root, each with the side on which it stands."""
    found, level = [], list(leaves)
    while len(level) > 1:
        sister = place ^ 1
        if sister < len(level):
            found.append((LEFT if sister < place else RIGHT, level[sister]))
        level, place = _above(level), place // 2
    return found


def climb(content: bytes, steps: Path) -> bytes:
    """The root to which a leaf's content leads along its path."""
    reached = leaf(content)
    for side, sister in steps:
        reached = _node(sister, reached) if side == LEFT else _node(reached, sister)
    return reached


def _above(level: list[bytes]) -> list[bytes]:
    """The next level; a last one without a sister goes up as it is, which is what RFC 6962's split comes to."""
    pairs = [_node(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
    return pairs + level[len(level) & ~1 :]


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
