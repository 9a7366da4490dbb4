"""Files that leave the house: always as a download, never shown inside a page, never kept by a cache."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi.responses import FileResponse, StreamingResponse
from starlette.background import BackgroundTask

# A browser that opens such a file nevertheless may run nothing and load nothing.
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def answers(media_type: str, description: str) -> dict[int | str, dict[str, Any]]:
    """What a route that answers a file says of it in the document."""
    return {200: {"content": {media_type: {}}, "description": description}}


def whole_file(path: Path, name: str, media_type: str) -> FileResponse:
    """A file made for this answer; it is removed once it was sent."""
    headers = HEADERS | {"Content-Disposition": _attachment(name)}
    return FileResponse(path, media_type=media_type, headers=headers, background=BackgroundTask(path.unlink))


def stream(content: AsyncIterator[bytes], name: str, media_type: str, size: int) -> StreamingResponse:
    headers = HEADERS | {"Content-Disposition": _attachment(name), "Content-Length": str(size)}
    return StreamingResponse(content, media_type=media_type, headers=headers)


def _attachment(name: str) -> str:
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"
