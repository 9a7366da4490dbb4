"""What the intake workflow and its activities tell each other: ids, kinds and times, nothing about a buyer."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from domain.review_case.state import Opening


class Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Position(Part):
    """How far the shop's list is read: in this window `page` comes next and those behind it are done; then the windows
    up to `until`. Page 0 says that the window's pages are not counted yet; `total` is how many reviews it had then."""

    window_start: datetime
    window_end: datetime
    page: int = 0
    total: int = 0
    until: datetime


class ItemKind(StrEnum):
    NEW = "new"
    CHANGED_OPEN = "changed_open"
    RELAPSED = "relapsed"


class IntakeItem(Part):
    """Something to start or to tell: an opening for a new or relapsed review, else the workflow of the open case."""

    kind: ItemKind
    opening: Opening | None = None
    workflow: str = ""


class Seen(Part):
    """The last known state of a review that has a case; written only after its case was told. `mark` is the keyed
    fingerprint, in hex."""

    review_row: str
    grade: str
    mark: str


class ConsumeRequest(Part):
    shop: str
    now: datetime


class Consumed(Part):
    """`again` are pushes that were acted on before and came once more, so they are still to be confirmed."""

    stored: int = 0
    again: list[str] = Field(default_factory=list)


class FetchRequest(Part):
    """`list_done` leaves the list alone: this run has read it and only answers the rest of the pushes."""

    shop: str
    now: datetime
    position: Position | None = None
    list_done: bool = False


class Batch(Part):
    """At most 200 items. `acted` are the pushes that these items answer; everything created before `read_until` was
    read (None: nothing was); `position` is None when the list is done, and `more` says that another batch should
    follow at once."""

    items: list[IntakeItem] = Field(default_factory=list)
    seen: list[Seen] = Field(default_factory=list)
    acted: list[str] = Field(default_factory=list)
    position: Position | None = None
    read_until: datetime | None = None
    more: bool = False
    rows: int = 0
    skipped: int = 0

    @property
    def quiet(self) -> bool:
        """Whether there is nothing to act on; then the cursor has moved already."""
        return not (self.items or self.seen or self.acted)


class SettleRequest(Part):
    shop: str
    now: datetime
    acted: list[str] = Field(default_factory=list)
    again: list[str] = Field(default_factory=list)
    seen: list[Seen] = Field(default_factory=list)
    read_until: datetime | None = None
