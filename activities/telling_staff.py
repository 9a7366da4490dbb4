"""The activities that tell things to the staff over channels, and to other systems."""

from collections.abc import Callable
from typing import Any

import httpx2

from activities.notice_planning import NoticePlanningActivities
from activities.notice_sending import NoticeSendingActivities
from activities.policies import Policies
from activities.webhook_sending import WebhookActivities
from db.sessions import Sessions
from gateways.mail import Mail, PostOffice, Security
from gateways.robots import RobotKind, Robots
from gateways.webhooks import Webhooks
from settings import Settings


def telling_staff(
    settings: Settings,
    sessions: Sessions,
    http: httpx2.AsyncClient,
    policies: Policies,
    outbound: httpx2.AsyncClient | None = None,
) -> list[Callable[..., Any]]:
    """`outbound` is the client for addresses that others have entered."""
    urls = {
        RobotKind.DINGTALK: settings.dingtalk_url,
        RobotKind.WECOM: settings.wecom_url,
        RobotKind.FEISHU: settings.feishu_url,
    }
    robots = Robots(http, urls, seconds=settings.outside_timeout_seconds)
    hooks = Webhooks(
        outbound or http, private_allowed=settings.webhook_private, seconds=settings.outside_timeout_seconds
    )
    listeners = WebhookActivities(sessions, hooks)
    return [
        listeners.who_is_due,
        listeners.send_webhooks,
        NoticePlanningActivities(sessions, policies).plan_notices,
        NoticeSendingActivities(sessions, policies, robots, _mail(settings)).send_notices,
    ]


def _mail(settings: Settings) -> Mail | None:
    """None where no mail server is set."""
    if not settings.smtp_host:
        return None
    office = PostOffice(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_sender or settings.smtp_user,
        Security(settings.smtp_security),
        settings.smtp_user,
        settings.smtp_password,
        settings.smtp_ca_file,
    )
    return Mail(office, seconds=settings.outside_timeout_seconds)
