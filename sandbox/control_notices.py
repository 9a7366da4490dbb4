"""/control for robots, mail and webhooks: who is known there, and what was delivered."""

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import Field

from sandbox import post_office
from sandbox.control_api import Body
from sandbox.post_office import PostOffice
from sandbox.world import World


class RobotBody(Body):
    kind: Literal["dingtalk", "wecom", "feishu"]
    token: str = Field(min_length=1, max_length=200)
    secret: str | None = Field(default=None, description="DingTalk and Feishu check signatures where one is set")
    keyword: str | None = Field(default=None, description="a word that every message must hold")


class HookBody(Body):
    name: str = Field(pattern=r"^[a-z0-9-]{1,60}$")
    secret: str | None = Field(default=None, description="whsec_…; without one nothing is checked")


def router(world: World, office: PostOffice) -> APIRouter:
    api = APIRouter(prefix="/control", tags=["control"])
    _robots(api, world)
    _mails(api, world, office)
    _hooks(api, world)
    return api


def _robots(api: APIRouter, world: World) -> None:
    @api.post("/robots")
    async def save_robot(body: RobotBody) -> dict[str, Any]:
        world.store.execute(
            "INSERT INTO robot VALUES (?, ?, ?, ?) ON CONFLICT (kind, token) DO UPDATE "
            "SET secret = excluded.secret, keyword = excluded.keyword",
            body.kind, body.token, body.secret, body.keyword,
        )  # fmt: skip
        return body.model_dump(exclude={"secret"})

    @api.get("/robots/messages")
    async def read_messages(
        kind: str | None = None, token: str | None = None, limit: int = 200
    ) -> list[dict[str, Any]]:
        """What came into the groups, the newest first."""
        return [dict(row) for row in world.store.newest("robot_message", ("id",), limit, kind=kind, token=token)]


def _mails(api: APIRouter, world: World, office: PostOffice) -> None:
    @api.get("/mail")
    async def read_mail(recipient: str | None = None, limit: int = 200) -> list[dict[str, Any]]:
        """The newest first."""
        return [dict(row) for row in world.store.newest("mail", ("id",), limit, recipient=recipient)]

    @api.get("/mail/office")
    async def read_office() -> dict[str, Any]:
        """Its ports (null: closed) and the certificate that it shows."""
        return {
            "port": office.port,
            "tls_port": office.tls_port,
            "certificate": post_office.certificate(world.store.path.parent),
        }


def _hooks(api: APIRouter, world: World) -> None:
    @api.post("/hooks")
    async def save_hook(body: HookBody) -> dict[str, str]:
        """Lets somebody listen at /hooks/{name}; the secret is that of the subscription."""
        world.store.execute(
            "INSERT INTO hook VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET secret = excluded.secret",
            body.name, body.secret,
        )  # fmt: skip
        return {"name": body.name}

    @api.get("/hooks/{name}")
    async def read_hook(name: str, limit: int = 1000) -> list[dict[str, Any]]:
        """What was taken there, the newest first."""
        return [dict(row) for row in world.store.newest("hook_message", ("id",), limit, hook=name)]
