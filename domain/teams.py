"""Teams: people who look after the same shops. A team that is outsourced narrows what its people can be given."""

from dataclasses import dataclass

from domain.errors import Refusal
from domain.people import Role

# Money, policies, records and accounts stay with the house's own people.
OUTSOURCED_ROLES = frozenset({Role.AGENT, Role.LEAD, Role.WAREHOUSE})


class OutsideTeam(Refusal):
    """An outsourced team's people hold few roles, in the team's shops alone."""

    code = "OutsideTeam"


@dataclass(frozen=True, slots=True)
class TeamReach:
    """Where a team works. What people of an outsourced one hold outside of it is taken from them."""

    code: str
    outsourced: bool
    shops: frozenset[str]

    def allows(self, role: Role, shop: str | None) -> bool:
        return not self.outsourced or (role in OUTSOURCED_ROLES and shop in self.shops)

    def check(self, role: Role, shop: str | None) -> None:
        """Raises OutsideTeam."""
        if not self.allows(role, shop):
            raise OutsideTeam(
                f"Team {self.code} is outsourced: its people are {', '.join(sorted(OUTSOURCED_ROLES))} in "
                f"{', '.join(sorted(self.shops)) or 'no shop yet'}. Widen the team or choose somebody of the house.",
                team=self.code,
            )
