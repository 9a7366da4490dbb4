"""`amends doctor` looks at the outside parties: whether they are set up, answer, and agree on the time."""

from collections.abc import AsyncIterator
from datetime import timedelta
from email.utils import parsedate_to_datetime

import httpx2
from sqlalchemy import select

from activities.marketplace_clients import TOP_PLATFORMS
from cli.diagnosis import Diagnosis, bad, good, odd
from cli.house import Tools
from db.tables.office import Shop
from gateways.wire import trusted

# The marketplace refuses calls whose timestamp is ten minutes off.
SKEW = timedelta(minutes=2)
SECONDS = 5.0


async def look_outside(house: Tools) -> AsyncIterator[Diagnosis]:
    settings = house.settings
    async with house.sessions() as session:
        shops = list(await session.scalars(select(Shop).order_by(Shop.code)))
    for shop in shops:
        if shop.platform in TOP_PLATFORMS and shop.intake and not shop.credentials:
            yield bad(
                "marketplace", f"shop {shop.code} has no credentials", f"amends shops change {shop.code} --credentials"
            )
    wallet = settings.alipay_app_id and settings.alipay_private_key.get_secret_value() and settings.alipay_public_key
    messenger = settings.sms_access_key_id and settings.sms_access_key_secret.get_secret_value()
    parties = [("marketplace", settings.top_url, bool(shops)), ("wallet", settings.alipay_url, bool(wallet))]
    parties.append(("messenger", settings.sms_url, bool(messenger)))
    async with httpx2.AsyncClient(timeout=SECONDS, verify=trusted(), trust_env=False) as http:
        for name, url, set_up in parties:
            yield await _party(http, house, name, url) if set_up else _missing(name)


def _missing(name: str) -> Diagnosis:
    waits = {"wallet": "payouts wait", "messenger": "no SMS is sent", "marketplace": "there is no shop"}[name]
    return odd(name, f"is not set up: {waits}", "README lists its settings")


async def _party(http: httpx2.AsyncClient, house: Tools, name: str, url: str) -> Diagnosis:
    """Any answer will do: what is asked here is the way, and the clock at its end."""
    try:
        answer = await http.head(url)
    except httpx2.HTTPError as error:
        return bad(name, f"{url} can't be reached ({type(error).__name__})", "check the address, DNS and the firewall")
    date = answer.headers.get("date")
    apart = abs(house.now - parsedate_to_datetime(date)) if date else timedelta()
    if apart > SKEW:
        return bad(name, f"says another time, {apart.total_seconds():.0f} s apart", "let this machine follow NTP")
    return good(name, f"{url} answers")
