"""Request bodies of HTML-style forms, urlencoded or multipart."""

from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qsl


def read_body(content_type: str, body: bytes) -> tuple[dict[str, str], dict[str, bytes]]:
    """Text fields and files; broken UTF-8 becomes replacement characters instead of an error."""
    if not content_type.startswith("multipart/form-data"):
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)), {}
    if "boundary=" not in content_type:
        return {}, {}
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    texts: dict[str, str] = {}
    uploads: dict[str, bytes] = {}
    for part in BytesParser(policy=HTTP).parsebytes(head + body).iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        content = part.get_payload(decode=True)
        raw = content if isinstance(content, bytes) else b""
        if part.get_filename() is None:
            texts[name] = raw.decode("utf-8", "replace")
        else:
            uploads[name] = raw
    return texts, uploads
