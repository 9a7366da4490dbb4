"""The cookies of people who log in with a browser.

Behind TLS they are `__Host-` cookies: secure, for this host alone. Where the api is reached by plain http, which is
taken on this machine only, a browser may refuse such cookies, so they have plain names and are not marked secure there.
"""

from urllib.parse import urlsplit

from fastapi import Request, Response

from domain.errors import Refusal
from domain.web_addresses import is_safe
from settings import Settings

SESSION, DEVICE, PROVIDER = "amends-session", "amends-device", "amends-provider"
DEVICE_SECONDS = 180 * 24 * 3600
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class LoginNeedsTls(Refusal):
    """The api's public address is neither https nor on this machine, so no cookie would be safe."""

    code = "LoginNeedsTls"


class CrossSite(Refusal):
    """A browser sent this from a page of another site, or without saying from which."""

    code = "CrossSite"


def origin_of(settings: Settings) -> str:
    """Scheme, host and port under which browsers reach the api."""
    parts = urlsplit(settings.public_url or f"http://{settings.api_host}:{settings.api_port}")
    return f"{parts.scheme}://{parts.netloc}".lower()


def is_secure(settings: Settings) -> bool:
    """Raises LoginNeedsTls."""
    origin = origin_of(settings)
    if not is_safe(origin):
        raise LoginNeedsTls(
            "To log in, the API must be reached by TLS: set AMENDS_PUBLIC_URL to the https address. Keys need none."
        )
    return origin.startswith("https:")


def _name(cookie: str, secure: bool) -> str:
    return f"__Host-{cookie}" if secure else cookie


def read(request: Request, settings: Settings, cookie: str) -> str | None:
    """Of the right kind only: a plain cookie says nothing where a `__Host-` one is due."""
    try:
        value = request.cookies.get(_name(cookie, is_secure(settings)))
    except LoginNeedsTls:
        return None
    return value if value and len(value) <= 200 else None


def put(response: Response, settings: Settings, cookie: str, value: str, seconds: int | None = None) -> None:
    """Without `seconds` it goes with the browser. Raises LoginNeedsTls."""
    secure = is_secure(settings)
    response.set_cookie(
        _name(cookie, secure), value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="lax"
    )


def drop(response: Response, settings: Settings, cookie: str) -> None:
    secure = is_secure(settings)
    response.delete_cookie(_name(cookie, secure), path="/", secure=secure, httponly=True, samesite="lax")


def check_same_site(request: Request, settings: Settings, *, strictly: bool = True) -> None:
    """Browsers add cookies to whatever a page of another site sends; they also say where it comes from. Strictly, who
    says nothing is refused. Raises CrossSite."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        good = site == "same-origin"
    elif origin is not None:
        good = origin == origin_of(settings)
    else:
        good = not strictly
    if not good:
        raise CrossSite(
            f"With a session, changes are taken from pages of {origin_of(settings)} only; use a key elsewhere."
        )
