"""Policies as versioned rows. A shop's row beats the house's; where there is none, the shipped document counts."""

from sqlalchemy import ForeignKey, Identity, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.model import Json, Model, Moment


class Policy(Model):
    """A whole document, validated before it was written. Rows are never changed; the newest version counts."""

    __tablename__ = "policy"
    __table_args__ = (
        UniqueConstraint("kind", "shop", "version", name="uq_policy_version", postgresql_nulls_not_distinct=True),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    kind: Mapped[str]
    shop: Mapped[str | None] = mapped_column(ForeignKey("shop.code"))
    version: Mapped[int]
    document: Mapped[Json] = mapped_column(JSONB)
    made_by: Mapped[str]
    made_at: Mapped[Moment]
    why: Mapped[str]
