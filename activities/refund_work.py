"""The activities of refund cases, by the queue on which they run."""

from collections.abc import Callable
from typing import Any

import httpx2

from activities.claim_grounds import ClaimGroundsActivities
from activities.clocks import DeskClock
from activities.courier_claims import CourierClaimActivities
from activities.couriers import Couriers
from activities.policies import Policies
from activities.refund_amends import RefundAmendsActivities
from activities.refund_desk import RefundDeskActivities
from activities.refund_opening import RefundOpeningActivities
from activities.refund_photos import RefundPhotoActivities
from activities.refund_projection import RefundProjectionActivities
from activities.tracing import TracingActivities
from db.sessions import Sessions
from settings import Settings
from vault.vault import Vault


def of_refunds(sessions: Sessions, policies: Policies, clock: DeskClock) -> list[Callable[..., Any]]:
    """Those that ask the database alone."""
    opening = RefundOpeningActivities(sessions, policies, clock)
    desk, grounds = RefundDeskActivities(sessions), ClaimGroundsActivities(sessions, policies, opening)
    return [
        opening.open_refund, opening.judge_reason, opening.judge_agreement, opening.judge_inspection,
        opening.judge_abuse, opening.done_by_hand, desk.whom_to_warn, desk.match,
        RefundPhotoActivities(sessions, policies).judge_photo,
        grounds.judge_damage, grounds.judge_claim,
        RefundAmendsActivities(sessions, policies).reserve_alternative,
        RefundProjectionActivities(sessions).project_refund,
    ]  # fmt: skip


def with_couriers(
    settings: Settings, sessions: Sessions, http: httpx2.AsyncClient, policies: Policies, vault: Vault | None
) -> list[Callable[..., Any]]:
    """Those that call a courier."""
    couriers = Couriers.of_settings(settings, http)
    claims = CourierClaimActivities(sessions, couriers, vault)
    return [
        TracingActivities(sessions, policies, couriers).trace, claims.file_claim, claims.ask_claim, claims.keep_word,
    ]  # fmt: skip
