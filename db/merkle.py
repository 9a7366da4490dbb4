"""Merkle trees, as RFC 6962 hashes them: one root commits to many leaves, and a short path proves each of them alone.

So a signed head can cover every case of the house, and the export of one case need not name the others.
"""

import hashlib
from collections.abc import Iterable, Sequence

Path = list[tuple[str, bytes]]
LEFT, RIGHT = "left", "right"
EMPTY = hashlib.sha256(b"").digest()


class Tree:
    """Over contents in their order."""

    def __init__(self, contents: Iterable[bytes]) -> None:
        self._levels = [[_leaf(content) for content in contents]]
        while len(self._levels[-1]) > 1:
            self._levels.append(_above(self._levels[-1]))

    @property
    def root(self) -> bytes:
        return self._levels[-1][0] if self._levels[-1] else EMPTY

    def path(self, place: int) -> Path:
        """The sisters on the way from the content at `place` up to the root, each with the side on which it stands."""
        found = []
        for level in self._levels[:-1]:
            sister = place ^ 1
            if sister < len(level):
                found.append((LEFT if sister < place else RIGHT, level[sister]))
            place //= 2
        return found


def climb(content: bytes, path: Path) -> bytes:
    """The root to which a content leads along its path."""
    reached = _leaf(content)
    for side, sister in path:
        reached = _node(sister, reached) if side == LEFT else _node(reached, sister)
    return reached


def _leaf(content: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + content).digest()


def _above(level: Sequence[bytes]) -> list[bytes]:
    """The next level; a last one without a sister goes up as it is, which is what RFC 6962's split comes to."""
    pairs = [_node(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
    return [*pairs, *level[len(level) & ~1 :]]


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
