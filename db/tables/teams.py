"""Teams of people and the shops that each looks after."""

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.model import Model


class Team(Model):
    """A group of people. The people of an outsourced one hold roles in its shops alone; db/teams.py keeps it so."""

    __tablename__ = "team"
    __table_args__ = (CheckConstraint("code ~ '^[a-z0-9][a-z0-9-]{0,31}$'", name="plain_code"),)

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    outsourced: Mapped[bool]


class TeamShop(Model):
    """A shop that a team looks after; several teams may share one."""

    __tablename__ = "team_shop"

    team: Mapped[str] = mapped_column(ForeignKey("team.code"), primary_key=True)
    shop: Mapped[str] = mapped_column(ForeignKey("shop.code"), primary_key=True)
