"""A message to the staff in words: what it is about, by number and code; never a buyer's name, number or word."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.policies.notices import NoticesPolicy

# WeCom takes 2048 bytes, the least of all channels.
LONGEST = 1900


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that is told. `case` None: it is about the shop."""

    kind: str
    level: int
    shop: str
    case: str | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Message:
    subject: str
    text: str

    @property
    def whole(self) -> str:
        return f"{self.subject}\n{self.text}" if self.text else self.subject


def composed(told: Sequence[Told], policy: NoticesPolicy, zone: str, *, urgent: bool) -> Message:
    """One thing is said in the subject alone; several are lines under it, cut where a channel would cut them."""
    mark = "【加急】" if urgent else "【售后】"
    if len(told) == 1:
        line = _line(told[0], policy, zone)
        return Message(f"{mark}{line}", "")
    subject = f"{mark}有 {len(told)} 件事等您处理"
    lines, size = list[str](), len(subject.encode())
    for number, one in enumerate(told):
        line = _line(one, policy, zone)
        size += len(line.encode()) + 1
        if size > LONGEST - 60:
            lines.append(f"……另有 {len(told) - number} 件，请在系统里查看")
            break
        lines.append(line)
    return Message(subject, "\n".join(lines))


def trial(label: str) -> Message:
    return Message(f"【售后】测试通知：渠道“{label}”可以收到消息", "")


def _line(one: Told, policy: NoticesPolicy, zone: str) -> str:
    subject = f"{one.shop} 案件 {one.case}" if one.case else f"店铺 {one.shop}"
    due = f"（截止 {one.due_at.astimezone(ZoneInfo(zone)):%m-%d %H:%M}）" if one.due_at else ""
    return f"{subject}：{policy.said(one.kind)}{due}"
