"""What the intake of applications passes along: how far it is, whom to start or tell, what one batch came to."""

from dataclasses import dataclass, field
from datetime import datetime

from pydantic import Field
from temporalio import activity

from activities.intake_batches import Part
from db.tables.refunds import Refund
from domain.refund_case.state import RefundOpening


class RefundPosition(Part):
    """How far the lists are read: of what changed between `start` and `until`, `page` comes next and those behind it
    are done; after the refunds the exchanges, where the marketplace lists them apart."""

    start: datetime
    until: datetime
    page: int
    exchanges: int = 0

    @property
    def done(self) -> bool:
        return self.page == 0 and self.exchanges == 0

    def further(self) -> "RefundPosition":
        """After one more page."""
        return self.model_copy(
            update={"page": self.page - 1} if self.page else {"exchanges": max(self.exchanges - 1, 0)}
        )


class RefundItem(Part):
    """Something to start or to tell: an opening for a new application, else the workflow of its case."""

    opening: RefundOpening | None = None
    workflow: str = ""


class FetchRefunds(Part):
    shop: str
    now: datetime
    position: RefundPosition | None = None


class RefundBatch(Part):
    """`acted` are the pushes that these items answer; `position` None: the list is read up to `read_until`."""

    items: list[RefundItem] = Field(default_factory=list)
    acted: list[str] = Field(default_factory=list)
    position: RefundPosition | None = None
    read_until: datetime | None = None
    rows: int = 0
    skipped: int = 0


class SettleRefunds(Part):
    shop: str
    now: datetime
    acted: list[str] = Field(default_factory=list)
    read_until: datetime | None = None


@dataclass
class Gathered:
    """What one batch has come to so far; `ids` keeps an application that is shown twice from being taken twice."""

    items: list[RefundItem] = field(default_factory=list)
    acted: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    rows: int = 0
    skipped: int = 0
    ill: int = 0

    def skip(self, what: str, why: object) -> None:
        self.skipped += 1
        activity.logger.warning("application %s was left out: %s", what, why)


@dataclass(frozen=True, slots=True)
class Known:
    """What we have of an application: its row, and its case with the workflow of that while it is open."""

    row: Refund | None
    case: str | None = None
    run: int = 1
    workflow: str | None = None
