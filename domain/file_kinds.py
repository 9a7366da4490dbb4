"""What a file is, told by its first bytes; its name only has to agree."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.errors import Refusal

UNKNOWN = "application/octet-stream"
TEXT = "text/plain"
ZIP = "application/zip"
GZIP = "application/gzip"
# As much of a file's beginning as telling its kind needs.
HEAD_BYTES = 4096


class FileMislabelled(Refusal):
    """The name says one kind of file and the content is another: somebody was misled, or wants to mislead."""

    code = "FileMislabelled"


@dataclass(frozen=True, slots=True)
class Sign:
    """Bytes that stand at `at` in every file of a kind."""

    media_type: str
    magic: bytes
    at: int = 0


# Archives that can't be looked into here; whatever is in them would go unseen.
CLOSED_ARCHIVES = frozenset(
    {
        "application/x-7z-compressed",
        "application/vnd.rar",
        "application/x-xz",
        "application/x-bzip2",
        "application/zstd",
    }
)
SIGNS = (
    Sign("image/jpeg", b"\xff\xd8\xff"),
    Sign("image/png", b"\x89PNG\r\n\x1a\n"),
    Sign("image/gif", b"GIF87a"),
    Sign("image/gif", b"GIF89a"),
    Sign("image/bmp", b"BM"),
    Sign("image/tiff", b"II*\x00"),
    Sign("image/tiff", b"MM\x00*"),
    Sign("image/webp", b"WEBP", 8),
    Sign("audio/wav", b"WAVE", 8),
    Sign("video/x-msvideo", b"AVI ", 8),
    Sign("audio/amr", b"#!AMR"),
    Sign("audio/mpeg", b"ID3"),
    Sign("audio/mpeg", b"\xff\xfb"),
    Sign("audio/mpeg", b"\xff\xf3"),
    Sign("audio/mpeg", b"\xff\xf2"),
    Sign("audio/aac", b"\xff\xf1"),
    Sign("audio/aac", b"\xff\xf9"),
    Sign("audio/ogg", b"OggS"),
    Sign("audio/flac", b"fLaC"),
    Sign("video/webm", b"\x1a\x45\xdf\xa3"),
    Sign("video/mpeg", b"\x00\x00\x01\xba"),
    Sign("application/pdf", b"%PDF-"),
    Sign("application/x-ole-storage", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    Sign("application/vnd.sqlite3", b"SQLite format 3\x00"),
    Sign(ZIP, b"PK\x03\x04"),
    Sign(ZIP, b"PK\x05\x06"),
    Sign(GZIP, b"\x1f\x8b"),
    Sign("application/x-7z-compressed", b"7z\xbc\xaf\x27\x1c"),
    Sign("application/vnd.rar", b"Rar!\x1a\x07"),
    Sign("application/x-xz", b"\xfd7zXZ\x00"),
    Sign("application/x-bzip2", b"BZh"),
    Sign("application/zstd", b"\x28\xb5\x2f\xfd"),
    Sign("application/x-executable", b"\x7fELF"),
    Sign("application/x-msdownload", b"MZ"),
)
# The brand that stands behind `ftyp` in files of the MPEG-4 family; whatever else it says, it is a film.
_BRANDS: Mapping[bytes, str] = {
    b"heic": "image/heic", b"heix": "image/heic", b"mif1": "image/heic", b"avif": "image/avif", b"M4A ": "audio/mp4",
    b"qt  ": "video/quicktime", b"3gp4": "video/3gpp", b"3gp5": "video/3gpp",
}  # fmt: skip
_FILM = "video/mp4"
_RECORDING = frozenset({"audio/mp4", "video/mp4", "video/quicktime", "video/3gpp"})
_PACKED = frozenset({ZIP})
_OLD_OFFICE = frozenset({"application/x-ole-storage"})
_WRITTEN = frozenset({TEXT})

# What a name's ending promises. An ending that is not here promises nothing.
PROMISES: Mapping[str, frozenset[str]] = {
    "jpg": frozenset({"image/jpeg"}), "jpeg": frozenset({"image/jpeg"}), "png": frozenset({"image/png"}),
    "gif": frozenset({"image/gif"}), "bmp": frozenset({"image/bmp"}), "tif": frozenset({"image/tiff"}),
    "tiff": frozenset({"image/tiff"}), "webp": frozenset({"image/webp"}), "heic": frozenset({"image/heic"}),
    "avif": frozenset({"image/avif"}), "wav": frozenset({"audio/wav"}), "amr": frozenset({"audio/amr"}),
    "mp3": frozenset({"audio/mpeg"}), "aac": frozenset({"audio/aac"}), "ogg": frozenset({"audio/ogg"}),
    "flac": frozenset({"audio/flac"}), "m4a": _RECORDING, "mp4": _RECORDING, "mov": _RECORDING, "3gp": _RECORDING,
    "webm": frozenset({"video/webm"}), "mkv": frozenset({"video/webm"}), "avi": frozenset({"video/x-msvideo"}),
    "mpg": frozenset({"video/mpeg"}), "mpeg": frozenset({"video/mpeg"}), "pdf": frozenset({"application/pdf"}),
    "zip": _PACKED, "docx": _PACKED, "xlsx": _PACKED, "pptx": _PACKED, "odt": _PACKED, "ods": _PACKED,
    "doc": _OLD_OFFICE, "xls": _OLD_OFFICE, "ppt": _OLD_OFFICE, "msg": _OLD_OFFICE, "gz": frozenset({GZIP}),
    "txt": _WRITTEN, "csv": _WRITTEN, "json": _WRITTEN, "log": _WRITTEN, "md": _WRITTEN, "eml": _WRITTEN,
    "html": _WRITTEN, "htm": _WRITTEN, "xml": _WRITTEN, "svg": _WRITTEN,
}  # fmt: skip


def kind_of(head: bytes) -> str:
    """The media type of a file that begins so: a known kind, else plain text where it is one, else UNKNOWN.

    Pages and drawings that a browser would run come out as plain text on purpose.
    """
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], _FILM)
    for sign in SIGNS:
        if head[sign.at : sign.at + len(sign.magic)] == sign.magic and _riff(head, sign):
            return sign.media_type
    return TEXT if _is_text(head) else UNKNOWN


def check_name(name: str, media_type: str) -> None:
    """Raises FileMislabelled where the ending promises what the content is not."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    promised = PROMISES.get(ending)
    if promised is not None and media_type not in promised:
        raise FileMislabelled(
            f"The file is called .{ending} and its content is {media_type}: send it under its true ending, or look at "
            "where it comes from.",
            called=ending,
            content=media_type,
        )


def _riff(head: bytes, sign: Sign) -> bool:
    return sign.at != 8 or head[:4] == b"RIFF"


def _is_text(head: bytes) -> bool:
    """UTF-8 or GB 18030 without control characters; the last character may be cut."""
    if not head or any(sign < 32 and sign not in b"\t\n\r\f\x1b" for sign in head):
        return False
    return any(_decodes(head, encoding) for encoding in ("utf-8", "gb18030"))


def _decodes(head: bytes, encoding: str) -> bool:
    for cut in range(4):
        try:
            head[: len(head) - cut].decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False
