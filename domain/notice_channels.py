"""Channels on which the staff is told things: addresses as people paste them, and how much a channel takes."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from domain.errors import Refusal

_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,200}")
_SECRET = re.compile(r"[\x21-\x7e]{1,200}")
_MAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
LONGEST_MAIL = 254


class ChannelKind(StrEnum):
    DINGTALK = "dingtalk"
    WECOM = "wecom"
    FEISHU = "feishu"
    EMAIL = "email"


ROBOTS = frozenset({ChannelKind.DINGTALK, ChannelKind.WECOM, ChannelKind.FEISHU})
SIGNED = frozenset({ChannelKind.DINGTALK, ChannelKind.FEISHU})
# A robot's address as its platform shows it; what people paste is as often the whole of it as the token.
_ADDRESSES: Mapping[ChannelKind, re.Pattern[str]] = {
    ChannelKind.DINGTALK: re.compile(r"https://[a-z.]+/robot/send\?access_token=([^&#]+)"),
    ChannelKind.WECOM: re.compile(r"https://[a-z.]+/cgi-bin/webhook/send\?key=([^&#]+)"),
    ChannelKind.FEISHU: re.compile(r"https://[a-z.]+/open-apis/bot/v2/hook/([^/?#]+)"),
}
# What the platforms allow one robot is 20 a minute, for Feishu 100 a minute and 5 a second. What counts there is when a
# message arrives and not when we let it go, so some are left out. Mail is ours: nobody reads more.
LIMITS: Mapping[ChannelKind, tuple[tuple[timedelta, int], ...]] = {
    ChannelKind.DINGTALK: ((timedelta(minutes=1), 18),),
    ChannelKind.WECOM: ((timedelta(minutes=1), 18),),
    ChannelKind.FEISHU: ((timedelta(minutes=1), 95), (timedelta(seconds=1), 4)),
    ChannelKind.EMAIL: ((timedelta(minutes=1), 60),),
}
WINDOW = timedelta(minutes=1)


class BadChannel(Refusal):
    """The address of a channel can't be used; `facts["field"]` names the part."""

    code = "BadChannel"


def robot_token(kind: ChannelKind, given: str) -> str:
    """The token, out of itself or of the robot's whole address. Raises BadChannel."""
    given = given.strip()
    found = _ADDRESSES[kind].fullmatch(given.partition("&")[0])
    token = found[1] if found else given
    if not _TOKEN.fullmatch(token):
        raise BadChannel(
            f"This is no token of a {kind} robot: paste the robot's address, or the token at its end.", field="token"
        )
    return token


def robot_secret(kind: ChannelKind, given: str | None) -> str | None:
    """The secret of the signature; WeCom has none. Raises BadChannel."""
    if not given:
        return None
    if kind not in SIGNED:
        raise BadChannel(f"A {kind} robot has no secret; leave it out.", field="secret")
    if not _SECRET.fullmatch(given.strip()):
        raise BadChannel("The secret holds characters that no secret has; paste it once more.", field="secret")
    return given.strip()


def mail_address(given: str) -> str:
    """Raises BadChannel for what no mail server would take."""
    given = given.strip()
    if len(given) > LONGEST_MAIL or ".." in given or not _MAIL.fullmatch(given):
        raise BadChannel("This is no e-mail address; write it like anna@example.com.", field="address")
    return given


def free_at(kind: ChannelKind, sent: Sequence[datetime], now: datetime) -> datetime:
    """From when on one more message may go to a channel that was sent some at these moments; `now` where it may go."""
    free = now
    for window, most in LIMITS[kind]:
        counted = sorted(at for at in sent if at > now - window)
        if len(counted) >= most:
            free = max(free, counted[-most] + window)
    return free
