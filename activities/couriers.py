"""Clients of the couriers, made from the settings; None where a part is not set up."""

from dataclasses import dataclass

import httpx2

from gateways.courier_claims import CourierClaims, PartnerCredentials
from gateways.kuaidi100 import Kuaidi100, PollCredentials
from settings import Settings


@dataclass(frozen=True, slots=True)
class Couriers:
    """`callback` is where traces are pushed to; empty: nothing is subscribed to."""

    tracker: Kuaidi100 | None
    claims: CourierClaims | None
    callback: str = ""

    @classmethod
    def of_settings(cls, settings: Settings, http: httpx2.AsyncClient) -> "Couriers":
        pushes = bool(settings.kuaidi100_salt.get_secret_value())
        return cls(_tracker(settings, http), _claims(settings, http), settings.kuaidi100_callback_url if pushes else "")


def _tracker(settings: Settings, http: httpx2.AsyncClient) -> Kuaidi100 | None:
    if not (settings.kuaidi100_customer and settings.kuaidi100_key.get_secret_value()):
        return None
    credentials = PollCredentials(settings.kuaidi100_customer, settings.kuaidi100_key, settings.kuaidi100_salt)
    return Kuaidi100(http, settings.kuaidi100_url, credentials, seconds=settings.outside_timeout_seconds)


def _claims(settings: Settings, http: httpx2.AsyncClient) -> CourierClaims | None:
    word = settings.courier_claims_checkword
    if not (settings.courier_claims_url and settings.courier_claims_partner and word.get_secret_value()):
        return None
    credentials = PartnerCredentials(settings.courier_claims_partner, word)
    return CourierClaims(http, settings.courier_claims_url, credentials, seconds=settings.outside_timeout_seconds)
