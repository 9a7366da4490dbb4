"""An object store that speaks S3 over HTTP and checks each signature and body hash like a real one."""

import hashlib
import hmac
import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

SECRET = "store-secret"
_PARTS = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d+)/([^/]+)/s3/aws4_request, SignedHeaders=(\S+), Signature=(\w+)"
)


class ObjectStore:
    """`down` makes it answer 503 to everything."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.down = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        await (await self._answer(request))(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        body, path = await request.body(), request.url.path
        if self.down:
            return Response(status_code=503)
        if not _is_signed(request, body):
            return Response(status_code=403)
        if request.method == "PUT":
            self.objects[path] = body
            return Response()
        if request.method == "DELETE":
            self.objects.pop(path, None)
            return Response(status_code=204)
        if path not in self.objects:
            return Response(status_code=404)
        return Response(b"" if request.method == "HEAD" else self.objects[path])


def _is_signed(request: Request, body: bytes) -> bool:
    parts = _PARTS.fullmatch(request.headers.get("authorization", ""))
    if parts is None or request.headers["x-amz-content-sha256"] != hashlib.sha256(body).hexdigest():
        return False
    _, day, region, names, signature = parts.groups()
    lines = [f"{name}:{request.headers[name]}" for name in names.split(";")]
    canonical = "\n".join(
        [request.method, request.url.path, "", *lines, "", names, request.headers["x-amz-content-sha256"]]
    )
    key = ("AWS4" + SECRET).encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    scope = f"{day}/{region}/s3/aws4_request"
    asked = (
        f"AWS4-HMAC-SHA256\n{request.headers['x-amz-date']}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    )
    return hmac.compare_digest(hmac.new(key, asked.encode(), "sha256").hexdigest(), signature)
