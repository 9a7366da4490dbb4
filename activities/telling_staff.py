"""The activities that tell the staff things over channels."""

from collections.abc import Callable
from typing import Any

import httpx2

from activities.notice_planning import NoticePlanningActivities
from activities.notice_sending import NoticeSendingActivities
from activities.policies import Policies
from db.sessions import Sessions
from gateways.mail import Mail, PostOffice, Security
from gateways.robots import RobotKind, Robots
from settings import Settings


def telling_staff(
    settings: Settings, sessions: Sessions, http: httpx2.AsyncClient, policies: Policies
) -> list[Callable[..., Any]]:
    urls = {
        RobotKind.DINGTALK: settings.dingtalk_url,
        RobotKind.WECOM: settings.wecom_url,
        RobotKind.FEISHU: settings.feishu_url,
    }
    robots = Robots(http, urls, seconds=settings.outside_timeout_seconds)
    return [
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
