"""Group robots of DingTalk, WeCom and Feishu: each answers HTTP 200, and its body says whether it took the message."""

import base64
import hashlib
import hmac
import json
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from sandbox import faults
from sandbox.faults import Fault, FaultKind
from sandbox.world import World

HOUR = 3600.0
MINUTE = 60.0


class RobotRefused(Exception):
    """What the platform says in its own words."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Platform:
    """How one platform answers: `limits` are (seconds, messages) of one robot."""

    kind: str
    fine: dict[str, Any]
    said: Callable[[int, str], dict[str, Any]]
    unknown: RobotRefused
    unreadable: RobotRefused
    no_keyword: RobotRefused
    too_many: RobotRefused
    ill: RobotRefused
    limits: tuple[tuple[float, int], ...]


def _by_errcode(code: int, message: str) -> dict[str, Any]:
    return {"errcode": code, "errmsg": message}


def _by_code(code: int, message: str) -> dict[str, Any]:
    return {"code": code, "data": {}, "msg": message}


DINGTALK = Platform(
    "dingtalk", {"errcode": 0, "errmsg": "ok"}, _by_errcode,
    unknown=RobotRefused(300005, "token is not exist"),
    unreadable=RobotRefused(40035, "缺少参数 json"),
    no_keyword=RobotRefused(310000, "错误描述:关键词不匹配"),
    too_many=RobotRefused(410100, "发送速度太快而限流"),
    ill=RobotRefused(-1, "系统繁忙"),
    limits=((MINUTE, 20),),
)  # fmt: skip
WECOM = Platform(
    "wecom", {"errcode": 0, "errmsg": "ok"}, _by_errcode,
    unknown=RobotRefused(93000, "invalid webhook url, hint: [sandbox]"),
    unreadable=RobotRefused(40008, "invalid message type"),
    no_keyword=RobotRefused(40058, "content not allowed"),
    too_many=RobotRefused(45009, "api freq out of limit"),
    ill=RobotRefused(-1, "system busy"),
    limits=((MINUTE, 20),),
)  # fmt: skip
FEISHU = Platform(
    "feishu", {"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"}, _by_code,
    unknown=RobotRefused(19001, "param invalid: incoming webhook access token invalid"),
    unreadable=RobotRefused(9499, "Bad Request"),
    no_keyword=RobotRefused(19024, "Key Words Not Found"),
    too_many=RobotRefused(11232, "frequency limited"),
    ill=RobotRefused(10003, "internal error"),
    limits=((MINUTE, 100), (1.0, 5)),
)  # fmt: skip


def router(world: World) -> APIRouter:
    api = APIRouter()

    @api.post("/robot/send", include_in_schema=False)
    async def dingtalk(request: Request) -> Response:
        return handle(world, DINGTALK, request.query_params.get("access_token", ""), request, await request.body())

    @api.post("/cgi-bin/webhook/send", include_in_schema=False)
    async def wecom(request: Request) -> Response:
        return handle(world, WECOM, request.query_params.get("key", ""), request, await request.body())

    @api.post("/open-apis/bot/v2/hook/{token}", include_in_schema=False)
    async def feishu(token: str, request: Request) -> Response:
        return handle(world, FEISHU, token, request, await request.body())

    return api


def handle(world: World, platform: Platform, token: str, request: Request, body: bytes) -> Response:
    """Token, then signature, then the planned fault, then the message itself."""
    try:
        robot = world.store.row("SELECT * FROM robot WHERE kind = ? AND token = ?", platform.kind, token)
        if robot is None:
            raise platform.unknown
        message = _read(platform, body)
        _check_signature(robot, request.query_params, message)
    except RobotRefused as refused:
        return _refusal(platform, refused)

    def perform(_: Fault | None) -> Response:
        try:
            _keep(world, platform, robot, message)
        except RobotRefused as refused:
            return _refusal(platform, refused)
        return JSONResponse(platform.fine)

    def say(fault: Fault) -> Response:
        return _refusal(platform, platform.too_many if fault.kind is FaultKind.RATE_LIMIT else platform.ill)

    return faults.answer(faults.take(world, f"{platform.kind}.send"), perform, say)


def _refusal(platform: Platform, refused: RobotRefused) -> Response:
    return JSONResponse(platform.said(refused.code, refused.message))


def _read(platform: Platform, body: bytes) -> dict[str, Any]:
    try:
        message = json.loads(body)
    except ValueError:
        raise platform.unreadable from None
    if not isinstance(message, dict):
        raise platform.unreadable
    return message


def _check_signature(robot: sqlite3.Row, query: Mapping[str, str], message: dict[str, Any]) -> None:
    """DingTalk signs in the query with milliseconds, Feishu in the body with seconds; WeCom's key is all it asks."""
    if not robot["secret"] or robot["kind"] == "wecom":
        return
    if robot["kind"] == "dingtalk":
        stamp, given, refused = query.get("timestamp", ""), query.get("sign", ""), RobotRefused(310000, "签名不匹配")
        expected = _mac(robot["secret"], f"{stamp}\n{robot['secret']}")
        age = _age(stamp, 1000)
    else:
        stamp, given = str(message.get("timestamp", "")), str(message.get("sign", ""))
        refused = RobotRefused(19021, "sign match fail or timestamp is not within one hour from current time")
        expected = _mac(f"{stamp}\n{robot['secret']}", "")
        age = _age(stamp, 1)
    if age > HOUR or not hmac.compare_digest(expected, given):
        raise refused


def _mac(key: str, text: str) -> str:
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), hashlib.sha256)).decode()


def _age(stamp: str, per_second: int) -> float:
    return abs(time.time() - int(stamp) / per_second) if stamp.isdecimal() and len(stamp) < 16 else HOUR * 2


def _keep(world: World, platform: Platform, robot: sqlite3.Row, message: dict[str, Any]) -> None:
    text = _text(platform, message)
    if robot["keyword"] and robot["keyword"] not in text:
        raise platform.no_keyword
    now = time.time()
    for seconds, most in platform.limits:
        sent = world.store.number(
            "SELECT count(*) FROM robot_message WHERE kind = ? AND token = ? AND at > ?",
            platform.kind, robot["token"], now - seconds,
        )  # fmt: skip
        if sent >= most:
            raise platform.too_many
    world.store.insert("robot_message", kind=platform.kind, token=robot["token"], text=text, at=now)


def _text(platform: Platform, message: dict[str, Any]) -> str:
    """Only plain text is spoken here."""
    place = message.get("content" if platform is FEISHU else "text")
    text = place.get("text" if platform is FEISHU else "content") if isinstance(place, dict) else None
    kind = message.get("msg_type" if platform is FEISHU else "msgtype")
    if kind != "text" or not isinstance(text, str) or not text:
        raise platform.unreadable
    if platform is WECOM and len(text.encode()) > 2048:
        raise RobotRefused(40058, "content exceed max length")
    return text
