"""Looking into packed files before they are kept: what unpacks to more than anybody would send is refused by name."""

import gzip
import tempfile
import zipfile
import zlib
from typing import BinaryIO, Protocol

from domain.errors import Refusal
from domain.file_kinds import CLOSED_ARCHIVES, GZIP, HEAD_BYTES, ZIP, kind_of

ARCHIVES = CLOSED_ARCHIVES | {ZIP, GZIP}
MOST_ENTRIES = 10_000
DEEPEST = 3
MOST_UNPACKED = 1024 * 1024 * 1024
# Text packs to a tenth, a recording hardly at all; a bomb to a thousandth.
MOST_RATIO = 100
# Below this, repetition is harmless: an empty sheet of a workbook packs better than any bomb.
HARMLESS = 16 * 1024 * 1024
_PIECE = 256 * 1024
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class ArchiveUnsafe(Refusal):
    """The archive would unpack to far more than it seems, or nests deeper than anybody would pack."""

    code = "ArchiveUnsafe"


class ArchiveUnreadable(Refusal):
    """The archive is damaged, locked, or of a kind that can't be looked into."""

    code = "ArchiveUnreadable"


def check_archive(file: BinaryIO, media_type: str, size: int) -> None:
    """Unpack it to nowhere, within bounds. Raises ArchiveUnsafe or ArchiveUnreadable."""
    if media_type in ARCHIVES:
        try:
            _Unpacking(size).archive(file, media_type, 1)
        except _DAMAGED as error:
            raise ArchiveUnreadable(f"The archive can't be unpacked ({error}); make it anew.") from None


class _Unpacking:
    """One archive of `size` bytes with everything in it; what counts is what really comes out, not what it says."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._unpacked = 0
        self._entries = 0

    def archive(self, file: BinaryIO, media_type: str, depth: int) -> None:
        if media_type in CLOSED_ARCHIVES:
            raise ArchiveUnreadable("There is an archive that can't be looked into; pack its files as a zip.")
        if depth > DEEPEST:
            raise ArchiveUnsafe(f"The archive holds archives within archives, {depth} deep; send what is in them.")
        if media_type == GZIP:
            with gzip.GzipFile(fileobj=file) as packed:
                self._content(packed, depth)
            return
        with zipfile.ZipFile(file) as packed_files:
            self._bounded(sum(entry.file_size for entry in packed_files.infolist()))
            for entry in packed_files.infolist():
                self._entry(packed_files, entry, depth)

    def _entry(self, packed: zipfile.ZipFile, entry: zipfile.ZipInfo, depth: int) -> None:
        self._entries += 1
        if self._entries > MOST_ENTRIES:
            raise ArchiveUnsafe(f"The archive holds more than {MOST_ENTRIES} files; send what matters.")
        if entry.flag_bits & 1:
            raise ArchiveUnreadable("The archive is locked with a password; send it unlocked.")
        with packed.open(entry) as content:
            self._content(content, depth)

    def _content(self, content: Readable, depth: int) -> None:
        """What lies packed in a packed file is looked into as well: a document of an office is a zip itself."""
        head = content.read(HEAD_BYTES)
        self._count(len(head))
        inner = kind_of(head)
        if inner not in ARCHIVES:
            while piece := content.read(_PIECE):
                self._count(len(piece))
            return
        with tempfile.SpooledTemporaryFile(max_size=HARMLESS) as whole:
            whole.write(head)
            while piece := content.read(_PIECE):
                self._count(len(piece))
                whole.write(piece)
            whole.seek(0)
            self.archive(whole, inner, depth + 1)  # type: ignore[arg-type] # it does all that is asked of it

    def _count(self, many: int) -> None:
        self._unpacked += many
        self._bounded(self._unpacked)

    def _bounded(self, unpacked: int) -> None:
        if unpacked > MOST_UNPACKED or (unpacked > HARMLESS and unpacked > self._size * MOST_RATIO):
            raise ArchiveUnsafe(
                f"The archive of {self._size} bytes unpacks to more than {unpacked - 1}: that is a bomb, not evidence."
            )
