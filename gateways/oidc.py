"""An identity provider over OpenID Connect: authorization code with PKCE; who somebody is stands in a signed token."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx2
from authlib.common.security import generate_token
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from domain.web_addresses import is_safe
from gateways.failures import Nonsense, Rejected
from gateways.wire import Clock, Line, read_json, wall_clock

PARTY = "identity provider"
# Signatures with a public key only: a token that is "signed" with our own secret, or not at all, is none.
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
READ_AGAIN = timedelta(hours=1)
# A key that is not known may be new; somebody who makes keys up does not make us ask on and on.
AT_MOST_EVERY = timedelta(seconds=10)
LEEWAY_SECONDS = 120
SCOPE = "openid profile"


@dataclass(frozen=True, slots=True)
class Attempt:
    """What belongs to one login and to no other; kept on this side until the browser comes back."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> "Attempt":
        return cls(generate_token(43), generate_token(43), generate_token(64))


@dataclass(frozen=True, slots=True)
class Somebody:
    """Who the provider says somebody is. Only issuer and subject identify; the name is for people to read."""

    issuer: str
    subject: str
    name: str


class IdentityProvider:
    def __init__(
        self,
        http: httpx2.AsyncClient,
        issuer: str,
        client_id: str,
        secret: str,
        seconds: float = 10.0,
        clock: Clock = wall_clock,
    ) -> None:
        self._http = http
        self.issuer = issuer
        self._client_id = client_id
        self._secret = secret
        self._seconds = seconds
        self._clock = clock
        self._reading = asyncio.Lock()
        self._described: tuple[datetime, dict[str, Any]] | None = None
        self._keys: tuple[datetime, KeySet] | None = None

    async def address(self, attempt: Attempt, redirect_uri: str) -> str:
        """Where the browser is sent. Raises a GatewayFailure."""
        described = await self._description()
        uri: str = prepare_grant_uri(
            described["authorization_endpoint"],
            client_id=self._client_id,
            response_type="code",
            redirect_uri=redirect_uri,
            scope=SCOPE,
            state=attempt.state,
            nonce=attempt.nonce,
            code_challenge=create_s256_code_challenge(attempt.verifier),
            code_challenge_method="S256",
        )
        return uri

    async def somebody(self, code: str, attempt: Attempt, redirect_uri: str) -> Somebody:
        """Changes the code for a token and reads it. Raises Rejected for whatever the provider or a check refuses, and
        other GatewayFailures."""
        described = await self._description()
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        form |= {"code_verifier": attempt.verifier, "client_id": self._client_id}
        if self._secret:
            form["client_secret"] = self._secret
        answer = await self._line(described["token_endpoint"]).post(form=form)
        said = read_json(PARTY, answer.content)
        if answer.status_code != 200 or not isinstance(said.get("id_token"), str):
            raise Rejected(PARTY, str(said.get("error", answer.status_code))[:60], "it gave no token for the code")
        return await self._read(said["id_token"], str(said.get("access_token", "")), attempt.nonce)

    async def _read(self, token: str, access_token: str, nonce: str) -> Somebody:
        try:
            read = jwt.decode(token, await self._key_set(token), algorithms=ALGORITHMS)
            claims = CodeIDToken(
                read.claims,
                read.header,
                {
                    "iss": {"essential": True, "value": self.issuer},
                    "aud": {"essential": True, "value": self._client_id},
                },
                {"nonce": nonce, "client_id": self._client_id, "access_token": access_token},
            )
            claims.validate(now=int(self._clock().timestamp()), leeway=LEEWAY_SECONDS)
        except (JoseError, ValueError, TypeError, KeyError) as cause:
            # What a token holds is the provider's; only the kind of the failure is said.
            raise Rejected(PARTY, type(cause).__name__, "its token does not hold") from cause
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= 255:
            raise Rejected(PARTY, "subject", "its token names nobody")
        return Somebody(self.issuer, subject, str(claims.get("name") or claims.get("preferred_username") or "")[:200])

    async def _description(self) -> dict[str, Any]:
        async with self._reading:
            if self._described is None or self._clock() - self._described[0] >= READ_AGAIN:
                self._described = self._clock(), await self._discover()
            return self._described[1]

    async def _discover(self) -> dict[str, Any]:
        answer = await self._line(self.issuer.rstrip("/")).send("GET", "/.well-known/openid-configuration")
        described = read_json(PARTY, answer.content)
        if answer.status_code != 200 or described.get("issuer") != self.issuer:
            raise Nonsense(PARTY, "issuer", "it describes another issuer than AMENDS_OIDC_ISSUER")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not is_safe(str(described.get(name, ""))):
                raise Nonsense(PARTY, name, "one of its addresses is not https")
        return described

    async def _key_set(self, token: str) -> KeySet:
        """Its keys; read again where the token names one that is not among them."""
        wanted = jws.extract_compact(token.encode()).headers().get("kid")
        described = await self._description()
        async with self._reading:
            if self._keys is None or self._stale(self._keys, wanted):
                answer = await self._line(described["jwks_uri"]).send("GET", "")
                self._keys = self._clock(), KeySet.import_key_set(_signing(read_json(PARTY, answer.content)))
            return self._keys[1]

    def _stale(self, kept: tuple[datetime, KeySet], wanted: object) -> bool:
        age = self._clock() - kept[0]
        missing = wanted is not None and wanted not in {key.kid for key in kept[1].keys}
        return age >= READ_AGAIN or (missing and age >= AT_MOST_EVERY)

    def _line(self, url: str) -> Line:
        return Line(self._http, url, PARTY, self._seconds, self._clock)


def _signing(keys: Mapping[str, Any]) -> Any:
    """Those of its keys that sign, of kinds that we read."""
    found = [key for key in keys.get("keys", []) if isinstance(key, dict) and key.get("use", "sig") == "sig"]
    return {"keys": [key for key in found if key.get("kty") in ("RSA", "EC", "OKP")]}
