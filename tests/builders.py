"""The cast and the house that stories are told in: real database, real sandbox, an engine, one shop, its people."""

import asyncio
import base64
import contextlib
import json
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any
from uuid import UUID

import httpx2
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from pydantic import SecretStr
from sqlalchemy import select
from temporalio.client import Client

from db import office
from db.buyers import BuyerFacts, keep_payee
from db.reviews import ReviewFacts, keep_review
from db.sealed_texts import seal_text
from db.tables.record import CaseEvent
from domain.case_numbers import mint
from domain.people import Actor, Role
from domain.review_case import steps
from domain.review_case.state import Answer, Opening, ReviewCaseState
from domain.sealed import PayeeRef, SealedRef
from settings import Settings
from worker import Parts, composed
from workflows.review_case import ReviewCase
from workflows.starting import case_workflow_id

_shops = count(1)
WRITTEN_WITHIN_SECONDS = 120
WECHAT = {"mch_id": "1900001109", "app_id": "wxf636efh567hg4356", "serial": "408B07E79B8269FEC3D5D3E6"}
CAST = {
    "alice": (Role.AGENT,),
    "ann": (Role.AGENT,),
    "bob": (Role.SUPERVISOR, Role.LEAD),
    "lee": (Role.LEAD,),
    "fay": (Role.FINANCE,),
    "wang": (Role.WAREHOUSE,),
    "ada": (Role.AUDITOR,),
}


def fresh_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


@dataclass
class Sandbox:
    """The sandbox's control and buyer's side."""

    url: str
    http: httpx2.AsyncClient

    async def post(self, path: str, **body: Any) -> Any:
        answer = await self.http.post(f"{self.url}{path}", json=body)
        answer.raise_for_status()
        return answer.json()

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self.http.get(f"{self.url}{path}", params=query)
        answer.raise_for_status()
        return answer.json()

    async def delete(self, path: str) -> None:
        (await self.http.delete(f"{self.url}{path}")).raise_for_status()

    async def fault(self, method: str, kind: str, **more: Any) -> None:
        await self.post("/control/faults", method=method, kind=kind, **more)

    async def transfers(self, key: str) -> list[dict[str, Any]]:
        """At either wallet."""
        found: list[dict[str, Any]] = await self.get("/control/transfers", out_biz_no=key)
        by_wechat: list[dict[str, Any]] = await self.get("/control/wechat/transfers", out_bill_no=key)
        return found + by_wechat


@dataclass
class House:
    """A composed house with one shop; `people` are ids by name."""

    parts: Parts
    sandbox: Sandbox
    shop: str
    seller: str
    people: dict[str, str] = field(default_factory=dict)
    platform: str = "sandbox"

    def actor(self, name: str) -> Actor:
        return Actor(person=self.people[name], roles=frozenset(CAST[name]))

    async def text(self, words: str) -> SealedRef:
        async with self.parts.sessions.begin() as session:
            return await seal_text(session, "note", words, datetime.now(UTC))

    async def sandbox_time(self) -> datetime:
        """The marketplace's own clock, which a story may have moved."""
        return datetime.fromisoformat((await self.sandbox.get("/control/clock"))["now"])

    async def order(self, **more: Any) -> dict[str, Any]:
        """An order of Chen's at the sandbox, received."""
        item = {"title": "儿童保温杯 500ml", "price": more.pop("price", "89.00")}
        body = {"buyer_nick": f"chen{secrets.token_hex(4)}", "alipay_account": "chen@example.com"} | more
        placed: dict[str, Any] = await self.sandbox.post(
            "/buyer/orders", shop=self.seller, items=[item], finish=True, **body
        )
        return placed

    async def review(self, words: str = "用了一次就坏了,质量堪忧", result: str = "bad", **more: Any) -> "Reviewed":
        """A review of a fresh order of Chen's."""
        order = await self.order(**more)
        oid = str(order["orders"][0]["oid"] if "orders" in order else order["items"][0]["oid"])
        await self.sandbox.post(f"/buyer/reviews/{oid}", result=result, content=words)
        return Reviewed(str(order["tid"]), oid, words, result, order)

    async def opening(
        self, reviewed: "Reviewed", created_at: datetime | None = None, phone: str = "13800138000", nick: str = "chen"
    ) -> Opening:
        """Keep the review as the way in does, and say how its case is opened."""
        facts = ReviewFacts(
            shop=self.shop,
            platform=self.platform,
            external_id=reviewed.oid,
            order_external_id=reviewed.tid,
            grade=reviewed.result,
            text=reviewed.words,
            created_at=created_at or datetime.now(UTC),
            buyer=BuyerFacts(
                platform=self.platform,
                platform_id=f"nick-{reviewed.tid}",
                nick=nick,
                name="陈晓",
                phone=phone,
            ),
            source="api",
            paid_fen=8900,
            province="浙江省",
            address_type="office",
            address="杭州市文一西路969号",
            item_title="儿童保温杯 500ml",
        )
        async with self.parts.sessions.begin() as session:
            kept = await keep_review(session, self.parts.ring, facts, facts.created_at)
        return Opening(
            case=mint(2026, secrets.token_bytes(16)),
            platform=self.platform,
            shop=self.shop,
            external_id=reviewed.oid,
            review_row=str(kept.row),
        )

    async def payee(
        self, opening: Opening, account: str = "chen@example.com", name: str = "陈晓", kind: str = "ALIPAY_LOGON_ID"
    ) -> PayeeRef:
        from db.tables.buyers import Review

        async with self.parts.sessions.begin() as session:
            review = await session.get_one(Review, UUID(opening.review_row))
            assert review.buyer is not None
            return await keep_payee(
                session,
                self.parts.ring,
                review.buyer,
                kind,
                account,
                name,
                self.people["alice"],
                datetime.now(UTC),
            )


@dataclass(frozen=True)
class Reviewed:
    tid: str
    oid: str
    words: str
    result: str
    order: dict[str, Any]


@dataclass
class Story:
    """One case being told: steps by people, time that passes, and what the case says of itself."""

    house: House
    opening: Opening
    pass_time: Callable[[timedelta], Any]
    clock: Callable[[], Any]

    @property
    def handle(self) -> Any:
        return self.house.parts.client.get_workflow_handle_for(ReviewCase.run, case_workflow_id(self.opening))

    async def view(self) -> ReviewCaseState:
        state: ReviewCaseState = await self.handle.query(ReviewCase.view)
        return state

    async def step(self, who: str, step: steps.Step, **more: Any) -> Answer:
        key = more.pop("key", secrets.token_hex(16))
        command = steps.Command.model_validate(
            {
                "actor": self.house.actor(who),
                "step": step,
                "digest": more.pop("digest", json.dumps(step.model_dump(mode="json"))),
                "sent_at": await self.clock(),
                **more,
            }
        )
        answer: Answer = await self.handle.execute_update(ReviewCase.advance, command, id=key)
        return answer


@dataclass(frozen=True)
class OpenedWallets:
    """Our private key at both wallets, the key with which each of them answers, and the post office's port."""

    private_key: str
    alipay_key: str
    wechat_key: str
    wechat_serial: str
    smtp_port: int


def settings_for(app_url: str, sandbox: str, wallets: OpenedWallets) -> Settings:
    return Settings(
        database_url=SecretStr(app_url),
        field_keys=SecretStr(f"k1:{fresh_key()}"),
        index_key=SecretStr(fresh_key()),
        record_key=SecretStr(fresh_key()),
        top_url=f"{sandbox}/router/rest",
        alipay_url=f"{sandbox}/gateway.do",
        alipay_app_id="2021000000000001",
        alipay_private_key=SecretStr(wallets.private_key),
        alipay_public_key=wallets.alipay_key,
        wechat_pay_url=sandbox,
        wechat_pay_merchant=WECHAT["mch_id"],
        wechat_pay_app_id=WECHAT["app_id"],
        wechat_pay_cert_serial=WECHAT["serial"],
        wechat_pay_private_key=SecretStr(wallets.private_key),
        wechat_pay_platform_serial=wallets.wechat_serial,
        wechat_pay_platform_key=wallets.wechat_key,
        sms_url=sandbox,
        sms_access_key_id="tests",
        sms_access_key_secret=SecretStr("tests-secret"),
        sms_sign_name="Amends",
        kuaidi100_url=sandbox,
        kuaidi100_customer="tests",
        kuaidi100_key=SecretStr("tests-key"),
        courier_claims_url=f"{sandbox}/std/service",
        courier_claims_partner="tests",
        courier_claims_checkword=SecretStr("tests-word"),
        courier_calls_per_second=500,
        dingtalk_url=sandbox,
        wecom_url=sandbox,
        feishu_url=sandbox,
        smtp_host="127.0.0.1",
        smtp_port=wallets.smtp_port,
        smtp_security="plain",
        smtp_sender="amends@example.com",
        webhook_private=True,
        outside_timeout_seconds=2.0,
        marketplace_calls_per_second=500,
        worker_grace_seconds=1,
    )


@cache
def our_key() -> rsa.RSAPrivateKey:
    """One for all tests of a process: making one takes longer than many a test."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


async def open_wallets(sandbox: Sandbox) -> OpenedWallets:
    """An app at each wallet of the sandbox, and a key at its messenger; keys as PEM."""
    key = our_key()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    answer = await sandbox.post("/control/alipay/apps", app_id="2021000000000001", public_key=public)
    merchant = await sandbox.post("/control/wechat/merchants", **WECHAT, public_key=public)
    await sandbox.post("/control/sms/keys", access_key_id="tests", access_key_secret="tests-secret")
    await sandbox.post("/control/courier/customers", customer="tests", key="tests-key")
    await sandbox.post("/control/courier/partners", partner_id="tests", checkword="tests-word")
    smtp_port = (await sandbox.get("/control/mail/office"))["port"]
    return OpenedWallets(
        private, answer["alipay_public_key"], merchant["platform_key"], merchant["platform_serial"], smtp_port
    )


@contextlib.asynccontextmanager
async def house_at(settings: Settings, sandbox: Sandbox, client: Client) -> AsyncIterator[House]:
    """A shop with its people, on both sides; workers are the story's own affair."""
    async with composed(settings, client) as parts:
        number = next(_shops)
        code, seller = f"shop-{number}", f"seller {secrets.token_hex(4)}"
        credentials = {
            "app_key": secrets.token_hex(8),
            "app_secret": secrets.token_hex(16),
            "session": secrets.token_hex(10),
        }
        await sandbox.post("/control/shops", seller_nick=seller, flavour="taobao", **credentials)
        house = House(parts, sandbox, code, seller)
        async with parts.sessions.begin() as session:
            now = datetime.now(UTC)
            await office.ensure_installation(session, now)
            await office.add_shop(
                session,
                "tests",
                now,
                code=code,
                name="演示店",
                platform="sandbox",
                jurisdiction="none",
                seller_nick=seller,
                gate_mode="after_amendment",
                cut_off_at=now - timedelta(days=60),
                credentials=json.dumps(credentials),
            )
            for name, roles in CAST.items():
                person = await office.add_person(session, "tests", now, login=f"{name}-{number}", name=name.title())
                house.people[name] = str(person.id)
                for role in roles:
                    await office.grant(session, "tests", now, person.id, role, code)
        yield house


async def recorded(house: House, case: str, events: int) -> list[CaseEvent]:
    """The record of a case in order, once so many events are written."""
    wanted = select(CaseEvent).where(CaseEvent.case == case).order_by(CaseEvent.seq)
    async with asyncio.timeout(WRITTEN_WITHIN_SECONDS):
        while True:
            async with house.parts.sessions() as session:
                written = list(await session.scalars(wanted))
            if len(written) >= events:
                return written
            await asyncio.sleep(0.01)
