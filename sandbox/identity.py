"""/oidc: an identity provider at which everybody is who they say, for trying and testing logins. /control/oidc: its
clients, and what is wrong with the next tokens."""

import secrets
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from fastapi import APIRouter, Request
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from pydantic import Field
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from sandbox import rsa_keys
from sandbox.control_api import Body
from sandbox.forms import read_body
from sandbox.markup import fill, join
from sandbox.world import World

KEY, CLIENTS = "oidc_private_key", "oidc_clients"
KEY_ID = "sandbox-1"
CODE_SECONDS = 60
NAMES = ("alice", "ann", "bob", "lee", "fay", "ada", "root")
# No form-action: the answer to the form sends the browser on to the client's own site.
HEADERS = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Cache-Control": "no-store"}
PAGE = """<!doctype html><html lang="zh"><meta charset="utf-8"><title>Sandbox identity provider</title>
<h1>你是谁？ Who are you?</h1><p>$client</p>
<form method="post" action="/oidc/authorize"><input type="hidden" name="query" value="$query">$buttons
<p><input name="other" placeholder="somebody else"><button>OK</button></p></form></html>"""
BUTTON = '<p><button name="account" value="$name">$name</button></p>'


class ClientBody(Body):
    client_id: str = Field(min_length=1, max_length=100)
    client_secret: str = Field(max_length=200)
    redirect_uri: str = Field(min_length=1, max_length=500)


class NextBody(Body):
    """What differs in tokens from now on, until it is told otherwise; empty: nothing."""

    claims: dict[str, Any] = Field(default={}, description="claims that replace the true ones; null leaves one out")
    signed_with: str = Field(default="", description="`other_key`, `secret` or `none`")


@dataclass(frozen=True)
class Grant:
    """What a code stands for."""

    query: dict[str, str]
    subject: str
    made_at: float


class Provider:
    """Codes live in memory, for a minute and one use."""

    def __init__(self, world: World) -> None:
        rsa_keys.ensure_key_pair(world, KEY)
        self.world = world
        self.grants: dict[str, Grant] = {}
        self.next = NextBody()
        self.other = RSAKey.generate_key(2048, parameters={"kid": KEY_ID})

    @property
    def key(self) -> RSAKey:
        return RSAKey.import_key(rsa_keys.private_key(self.world, KEY), {"kid": KEY_ID, "use": "sig", "alg": "RS256"})

    def client(self, client_id: str) -> dict[str, str] | None:
        found: dict[str, str] | None = self.world.store.setting(CLIENTS, {}).get(client_id)
        return found

    def refusal(self, query: dict[str, str]) -> str:
        """Why an authorization request can't go on; empty where it can."""
        client = self.client(query.get("client_id", ""))
        if client is None or client["redirect_uri"] != query.get("redirect_uri"):
            return "unknown client or redirect_uri"
        wanted = {"response_type": "code", "code_challenge_method": "S256"}
        return "; ".join(f"{name} must be {value}" for name, value in wanted.items() if query.get(name) != value)

    def grant(self, query: dict[str, str], subject: str) -> str:
        code = secrets.token_urlsafe(24)
        self.grants[code] = Grant(query, subject, time.time())
        return code

    def redeem(self, form: dict[str, str]) -> Grant | None:
        """The grant of a code that fits on every count; it is used up in any case."""
        grant = self.grants.pop(form.get("code", ""), None)
        client = self.client(form.get("client_id", ""))
        if grant is None or client is None or time.time() - grant.made_at > CODE_SECONDS:
            return None
        fits = (
            secrets.compare_digest(client["client_secret"].encode(), form.get("client_secret", "").encode())
            and all(grant.query.get(name) == form.get(name) for name in ("client_id", "redirect_uri"))
            and create_s256_code_challenge(form.get("code_verifier", "")) == grant.query.get("code_challenge")
        )
        return grant if fits else None

    def token(self, issuer: str, grant: Grant) -> str:
        now = int(time.time())
        claims = {"iss": issuer, "sub": grant.subject, "aud": grant.query["client_id"], "iat": now, "exp": now + 300}
        claims |= {"nonce": grant.query.get("nonce", ""), "name": grant.subject.title()}
        claims = {name: value for name, value in (claims | self.next.claims).items() if value is not None}
        match self.next.signed_with:
            case "other_key":
                return jwt.encode({"alg": "RS256", "kid": KEY_ID}, claims, self.other)
            case "secret":
                secret = (self.client(grant.query["client_id"]) or {})["client_secret"]
                return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(secret), algorithms=["HS256"])
            case "none":
                signed = jwt.encode({"alg": "RS256"}, claims, self.key)
                return "eyJhbGciOiJub25lIn0." + signed.split(".")[1] + "."
            case _:
                return jwt.encode({"alg": "RS256", "kid": KEY_ID}, claims, self.key)


def router(world: World) -> APIRouter:
    api = APIRouter()
    provider = Provider(world)

    @api.get("/oidc/.well-known/openid-configuration", tags=["identity"])
    async def describe(request: Request) -> dict[str, Any]:
        issuer = _issuer(request)
        return {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    @api.get("/oidc/jwks", tags=["identity"])
    async def keys() -> dict[str, Any]:
        return {"keys": [provider.key.as_dict(private=False)]}

    @api.get("/oidc/authorize", tags=["identity"])
    async def ask(request: Request) -> Response:
        query = dict(request.query_params)
        if refusal := provider.refusal(query):
            return HTMLResponse(fill("<p>$why</p>", why=refusal), 400, HEADERS)
        buttons = join(fill(BUTTON, name=name) for name in NAMES)
        return HTMLResponse(
            fill(PAGE, client=query["client_id"], query=urlencode(query), buttons=buttons), 200, HEADERS
        )

    @api.post("/oidc/authorize", tags=["identity"])
    async def choose(request: Request) -> Response:
        form, _ = read_body(request.headers.get("content-type", ""), await request.body())
        query, _ = read_body("", form.get("query", "").encode())
        subject = form.get("account") or form.get("other") or ""
        if refusal := provider.refusal(query) or ("" if subject else "say who you are"):
            return HTMLResponse(fill("<p>$why</p>", why=refusal), 400, HEADERS)
        back = {"code": provider.grant(query, subject), "state": query.get("state", ""), "iss": _issuer(request)}
        return RedirectResponse(f"{query['redirect_uri']}?{urlencode(back)}", 303)

    @api.post("/oidc/token", tags=["identity"])
    async def token(request: Request) -> Response:
        form, _ = read_body(request.headers.get("content-type", ""), await request.body())
        grant = provider.redeem(form) if form.get("grant_type") == "authorization_code" else None
        if grant is None:
            return JSONResponse({"error": "invalid_grant"}, 400)
        said = {"access_token": secrets.token_urlsafe(16), "token_type": "Bearer", "expires_in": 300}
        return JSONResponse(said | {"id_token": provider.token(_issuer(request), grant)}, headers=HEADERS)

    api.include_router(_control(world, provider))
    return api


def _control(world: World, provider: Provider) -> APIRouter:
    api = APIRouter()

    @api.post("/control/oidc/clients", tags=["control"])
    async def save_client(body: ClientBody) -> dict[str, str]:
        known = world.store.setting(CLIENTS, {})
        world.store.set_setting(CLIENTS, known | {body.client_id: body.model_dump(exclude={"client_id"})})
        return {"client_id": body.client_id}

    @api.post("/control/oidc/next", tags=["control"])
    async def set_next(body: NextBody) -> NextBody:
        provider.next = body
        return body

    return api


def _issuer(request: Request) -> str:
    return f"{str(request.base_url).rstrip('/')}/oidc"
