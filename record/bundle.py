"""The file of an export: a zip whose manifest names the hash of every other file, and whose signature covers that."""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from pydantic import BaseModel, ValidationError

from db.signatures import Signer, is_signed
from domain.errors import Refusal
from record.documents import FORMAT, Manifest, SignatureDoc

MANIFEST, SIGNATURE = "manifest.json", "signature.json"
HEADS, LEAVES, OFFICE, POLICIES = "heads.json", "leaves.json", "office.json", "policies.json"
PURPOSE = "export"
# A single document of an honest export stays far below; a packed bomb does not.
LARGEST = 256 * 1024 * 1024
# What zipfile raises for bytes that were changed.
_DAMAGED = (BadZipFile, OSError, ValueError, RuntimeError, zlib.error)
# Files of one export bear one date, so that the same record makes the same bytes.
DATE = (2000, 1, 1, 0, 0, 0)


class ExportUnreadable(Refusal):
    """The file is no export of ours, or a part of it can't be read."""

    code = "ExportUnreadable"


def case_file(number: str) -> str:
    return f"cases/{number}.json"


class Writer:
    """Writes an export piece by piece; `finish` closes it with manifest and signature."""

    def __init__(self, path: Path) -> None:
        self._zip = ZipFile(path, "w", ZIP_DEFLATED)
        self.files: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._zip.close()

    def add(self, name: str, content: bytes) -> None:
        self.files[name] = hashlib.sha256(content).hexdigest()
        self._write(name, content)

    def document(self, name: str, document: BaseModel | list[BaseModel]) -> None:
        if isinstance(document, list):
            plain = [one.model_dump(mode="json") for one in document]
            self.add(name, json.dumps(plain, ensure_ascii=False).encode())
        else:
            self.add(name, document.model_dump_json().encode())

    def finish(self, manifest: Manifest, signer: Signer | None) -> None:
        content = manifest.model_dump_json(indent=1).encode()
        self._write(MANIFEST, content)
        if signer is not None:
            signature = signer.sign(PURPOSE, hashlib.sha256(content).digest())
            signed = SignatureDoc(public=signer.public, signature=signature.hex())
            self._write(SIGNATURE, signed.model_dump_json().encode())

    def _write(self, name: str, content: bytes) -> None:
        self._zip.writestr(zipfile.ZipInfo(name, DATE), content, ZIP_DEFLATED)


class Bundle:
    """An export that is being read. Raises ExportUnreadable for whatever is no export."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = ZipFile(path)
        except (OSError, BadZipFile) as error:
            raise ExportUnreadable(f"{path} can't be read as an export: {error}. Copy it anew.") from None
        self.names = set(self._zip.namelist())
        self.manifest = self._manifest()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._zip.close()

    def _manifest(self) -> Manifest:
        manifest = self.read(MANIFEST, Manifest)
        if manifest.format != FORMAT:
            raise ExportUnreadable(
                f"The export is of format {manifest.format}, this is for {FORMAT}: use the version that made it."
            )
        return manifest

    def content(self, name: str) -> bytes:
        try:
            if self._zip.getinfo(name).file_size > LARGEST:
                raise ExportUnreadable(f"{name} in the export has more than {LARGEST} bytes; no export of ours has.")
            return self._zip.read(name)
        except KeyError:
            raise ExportUnreadable(f"The export has no {name}; copy it anew.") from None
        except _DAMAGED as error:
            raise ExportUnreadable(f"{name} in the export can't be read: {error}.") from None

    def read[D: BaseModel](self, name: str, document: type[D]) -> D:
        try:
            return document.model_validate_json(self.content(name))
        except ValidationError as error:
            raise ExportUnreadable(f"{name} in the export has not its form: {_first(error)}.") from None

    def read_list[D: BaseModel](self, name: str, document: type[D]) -> list[D]:
        try:
            return [document.model_validate(one) for one in json.loads(self.content(name))]
        except ValidationError as error:
            raise ExportUnreadable(f"{name} in the export has not its form: {_first(error)}.") from None
        except (TypeError, ValueError):
            raise ExportUnreadable(f"{name} in the export is no list; copy it anew.") from None

    def signed_by(self) -> str | None:
        """The public key under whose signature the manifest stands; None without a valid one."""
        if SIGNATURE not in self.names:
            return None
        signed = self.read(SIGNATURE, SignatureDoc)
        digest = hashlib.sha256(self.content(MANIFEST)).digest()
        return signed.public if is_signed(signed.public, PURPOSE, digest, bytes.fromhex(signed.signature)) else None

    def spoiled(self) -> Iterator[tuple[str, str]]:
        """Files that are not what the manifest says, each with why."""
        for name in sorted(self.manifest.files.keys() - self.names):
            yield name, "is missing"
        for name in sorted(self.names - self.manifest.files.keys() - {MANIFEST, SIGNATURE}):
            yield name, "is not in the manifest"
        for name, wanted in sorted(self.manifest.files.items()):
            if name in self.names and self._digest(name) != wanted:
                yield name, "was changed: its SHA-256 is not that of the manifest"

    def _digest(self, name: str) -> str:
        try:
            return hashlib.sha256(self.content(name)).hexdigest()
        except ExportUnreadable:
            return ""


def _first(error: ValidationError) -> str:
    fault = error.errors()[0]
    return f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
