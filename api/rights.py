"""Who may use which route: the whole matrix, one line per route by the name of its function, one column per role.

    shop    in the shops in which the role is held; a role that is held in every shop counts everywhere
    own     the same, and there only what is one's own: one's queue, one's contact, one's account
    house   only where the role is held in every shop
    .       never

The api asks nothing else at its door, and a test walks every pair. Auditors read and change nothing but their own
account. What a step of a case asks beyond this is the case's own rule.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.people import Role

# Answered without a key: they tell nothing about the house, are the way in, or ask for a signature instead, as the
# couriers' pushes do.
PUBLIC = frozenset({"health", "ready", "take_push", "ways_in", "log_in", "use_code", "begin_oidc", "finish_oidc"})

COLUMNS = (
    Role.AGENT,
    Role.LEAD,
    Role.SUPERVISOR,
    Role.WAREHOUSE,
    Role.FINANCE,
    Role.AUDITOR,
    Role.ADMIN,
    Role.SERVICE,
)
TABLE = """
# account               agent   lead    superv  wareh   finance auditor admin   service
me                      own     own     own     own     own     own     own     own
log_out                 own     own     own     own     own     own     own     own
change_password         own     own     own     own     own     own     own     own
my_sessions             own     own     own     own     own     own     own     own
end_my_session          own     own     own     own     own     own     own     own
end_my_sessions         own     own     own     own     own     own     own     own
rotate_my_key           own     own     own     own     own     own     own     own

# cases                 agent   lead    superv  wareh   finance auditor admin   service
open_case               shop    shop    shop    .       .       .       .       shop
open_refund             shop    shop    shop    .       .       .       .       shop
list_refunds            shop    shop    shop    shop    shop    shop    .       shop
enter_a_parcel          shop    shop    shop    shop    shop    .       .       .
list_parcels            shop    shop    shop    shop    shop    shop    .       shop
parcel_fits             shop    shop    shop    shop    shop    shop    .       shop
show_parcels            shop    shop    shop    shop    shop    shop    .       .
show_refund             shop    shop    shop    shop    shop    shop    .       .
list_cases              shop    shop    shop    shop    shop    shop    .       shop
show_case               shop    shop    shop    shop    shop    shop    .       shop
take_step               shop    shop    shop    shop    shop    .       .       .
take_steps              shop    shop    shop    shop    shop    .       .       .
show_timeline           shop    shop    shop    shop    shop    shop    .       shop
show_review             shop    shop    shop    .       .       shop    .       .
show_phone              own     own     own     .       .       .       .       .
show_script             shop    shop    shop    .       .       .       .       .
keep_complaint          shop    shop    shop    .       .       .       .       shop
list_complaints         shop    shop    shop    .       .       shop    .       .
take_complaint          shop    shop    shop    .       .       .       .       .
end_complaint           shop    shop    shop    .       .       .       .       .
count_complaints        .       shop    shop    .       .       shop    .       .
show_complaints         shop    shop    shop    .       .       shop    .       .
check_wording           shop    shop    shop    .       .       .       shop    .
show_buyer              shop    shop    shop    .       .       shop    .       .
show_agreements         shop    shop    shop    .       .       shop    .       .
my_investigations       own     own     own     own     own     .       .       .
show_disputes           shop    shop    shop    shop    shop    shop    .       .
replay_case             .       shop    shop    .       .       shop    .       .
open_questions          .       .       shop    .       .       shop    .       .
find_rules              shop    shop    shop    shop    shop    shop    shop    .
retire_rule             .       .       shop    .       .       .       .       .
show_offer_range        shop    shop    shop    .       .       shop    .       .
my_fulfilments          own     own     own     own     own     .       .       .
show_delivery           shop    shop    shop    shop    shop    .       .       .
list_refused_steps      .       shop    shop    .       .       shop    .       .
my_queue                own     own     own     own     own     .       .       .
tell_message            shop    shop    shop    .       .       .       .       shop
tell_presence           shop    shop    shop    .       .       .       .       shop
list_payouts            .       shop    shop    .       shop    shop    .       .
show_confirmation       .       .       .       .       shop    .       .       shop
list_losses             .       shop    shop    .       shop    shop    .       .
list_case_losses        .       shop    shop    .       shop    shop    .       .
list_courier_claims     shop    shop    shop    shop    shop    shop    .       .
list_differences        .       .       shop    .       shop    shop    .       .
settle_difference       .       .       .       .       shop    .       .       .
show_budgets            .       shop    shop    .       shop    shop    .       .
show_case_budgets       shop    shop    shop    .       shop    shop    .       .
list_budget_postings    .       .       shop    .       shop    shop    .       .
show_trial_balance      .       .       house   .       house   house   .       .
raise_one_budget        .       .       shop    .       .       .       .       .
list_sales              .       shop    shop    .       shop    shop    shop    .
set_sales               .       .       shop    .       shop    .       shop    .

# office                agent   lead    superv  wareh   finance auditor admin   service
list_shops              shop    shop    shop    shop    shop    shop    shop    shop
open_shop               .       .       .       .       .       .       house   .
change_shop             .       .       .       .       .       .       shop    .
show_gate               .       shop    shop    .       shop    shop    shop    .
choose_gate             .       .       shop    .       .       .       shop    .
acknowledge_gate        .       .       shop    .       .       .       shop    .
list_people             shop    shop    shop    .       .       shop    shop    .
add_person              .       .       .       .       .       .       house   .
change_person           .       .       .       .       .       .       house   .
grant_role              .       .       .       .       .       .       shop    .
revoke_role             .       .       .       .       .       .       shop    .
list_shifts             shop    shop    shop    .       .       shop    shop    .
set_shift               .       shop    shop    .       .       .       shop    .
remove_shift            .       shop    shop    .       .       .       shop    .
list_leaves             shop    shop    shop    .       .       shop    shop    .
add_leave               .       shop    shop    .       .       .       shop    .
remove_leave            .       shop    shop    .       .       .       shop    .
list_surges             shop    shop    shop    .       .       shop    shop    .
set_surge               .       .       shop    .       .       .       shop    .
end_surge               .       .       shop    .       .       .       shop    .
issue_key               .       .       .       .       .       .       house   .
revoke_key              .       .       .       .       .       .       house   .
list_keys               .       .       .       .       .       .       house   .
rotate_key              .       .       .       .       .       .       house   .
list_sessions_of        .       .       .       .       .       house   house   .
end_sessions_of         .       .       .       .       .       .       house   .
reset_password          .       .       .       .       .       .       house   .
list_door_refusals      .       .       .       .       .       house   house   .
list_identities         .       .       .       .       .       house   house   .
link_identity           .       .       .       .       .       .       house   .
unlink_identity         .       .       .       .       .       .       house   .
confirm_change          .       .       .       .       .       .       house   .
issue_signing_key       .       .       .       .       .       .       house   .
list_signing_keys       .       .       .       .       .       .       house   .
revoke_signing_key      .       .       .       .       .       .       house   .
list_teams              shop    shop    shop    .       .       shop    shop    .
put_team                .       .       .       .       .       .       house   .
set_team                .       .       .       .       .       .       house   .
suggest_replies         shop    shop    shop    .       .       shop    .       .
list_reply_templates    shop    shop    shop    .       .       shop    shop    .
save_reply_template     .       shop    shop    .       .       .       shop    .
change_reply_template   .       shop    shop    .       .       .       shop    .
retire_reply_template   .       shop    shop    .       .       .       shop    .
show_policy             shop    shop    shop    .       shop    shop    shop    .
show_policy_history     shop    shop    shop    .       shop    shop    shop    .
preview_policy          .       .       shop    .       .       .       shop    .
put_policy              .       .       shop    .       .       .       shop    .
list_office_events      .       .       .       .       .       house   house   .

# notices               agent   lead    superv  wareh   finance auditor admin   service
my_notices              own     own     own     own     own     own     own     own
count_unread            own     own     own     own     own     own     own     own
read_notices            own     own     own     own     own     own     own     own
my_deliveries           own     own     own     own     own     own     own     .
my_preferences          own     own     own     own     own     own     own     .
set_my_preferences      own     own     own     own     own     own     own     .
my_channels             own     own     own     own     own     own     own     .
add_my_channel          own     own     own     own     own     own     own     .
change_my_channel       own     own     own     own     own     own     own     .
remove_my_channel       own     own     own     own     own     own     own     .
try_my_channel          own     own     own     own     own     own     own     .
show_preferences        .       .       .       .       .       .       house   .
set_preferences         .       .       .       .       .       .       house   .
list_shop_channels      .       .       shop    .       .       shop    shop    .
list_deliveries         .       .       shop    .       .       shop    shop    .
add_shop_channel        .       .       shop    .       .       .       shop    .
change_shop_channel     .       .       shop    .       .       .       shop    .
remove_shop_channel     .       .       shop    .       .       .       shop    .
try_shop_channel        .       .       shop    .       .       .       shop    .

# webhooks              agent   lead    superv  wareh   finance auditor admin   service
list_webhook_kinds      .       .       shop    .       .       shop    shop    .
list_webhooks           .       .       shop    .       .       shop    shop    .
list_webhook_deliveries .       .       shop    .       .       shop    shop    .
add_webhook             .       .       .       .       .       .       shop    .
change_webhook          .       .       .       .       .       .       shop    .
remove_webhook          .       .       .       .       .       .       shop    .
rotate_webhook_secret   .       .       .       .       .       .       shop    .
ping_webhook            .       .       .       .       .       .       shop    .
redeliver_webhook       .       .       .       .       .       .       shop    .
redeliver_webhook_since .       .       .       .       .       .       shop    .

# buyers                agent   lead    superv  wareh   finance auditor admin   service
unmask_buyer            shop    shop    shop    shop    shop    .       .       .
case_looks              .       shop    shop    .       .       shop    .       .
list_looks              .       .       shop    .       .       shop    .       .
search_buyers           shop    shop    shop    shop    .       shop    .       .
preview_retention       .       .       shop    .       .       shop    shop    .
run_retention           .       .       .       .       .       .       shop    .
list_erasures           .       .       shop    .       .       shop    shop    .
erase_buyer             .       .       shop    .       .       .       shop    .

# evidence              agent   lead    superv  wareh   finance auditor admin   service
put_file                shop    shop    shop    shop    shop    .       .       .
list_files              shop    shop    shop    shop    shop    shop    .       .
download_file           shop    shop    shop    shop    shop    shop    .       .
show_custody            .       shop    shop    .       .       shop    .       .
show_evidence           shop    shop    shop    .       .       shop    .       .
download_evidence       .       shop    shop    .       .       shop    .       .
set_legal_hold          .       .       shop    .       .       .       shop    .
lift_legal_hold         .       .       shop    .       .       .       shop    .

# record                agent   lead    superv  wareh   finance auditor admin   service
list_histories          .       .       shop    .       .       shop    shop    .
show_history            .       .       shop    .       .       shop    shop    .
find_cases              shop    shop    shop    shop    shop    shop    .       shop
make_export             .       .       shop    .       .       shop    .       .
list_heads              .       .       .       .       .       shop    shop    .
"""


class Reach(StrEnum):
    """How far a role carries on a route."""

    SHOP = "shop"
    OWN = "own"
    HOUSE = "house"


class RightsUnreadable(Exception):
    """A line of the table is not a route and a word for each role."""


@dataclass(frozen=True, slots=True)
class Right:
    """One line of the table: `reach` holds the roles that open the route."""

    reach: Mapping[Role, Reach]

    @property
    def opened_by(self) -> frozenset[Role]:
        """The roles that open the route to whoever holds them in every shop."""
        return frozenset(self.reach)

    @property
    def in_a_shop(self) -> frozenset[Role]:
        """The roles that open it in the single shops in which they are held."""
        return frozenset(role for role, reach in self.reach.items() if reach is not Reach.HOUSE)


def _lines(table: str) -> Iterator[tuple[str, Right]]:
    """Raises RightsUnreadable."""
    for line in table.splitlines():
        if not line or line.startswith("#"):
            continue
        route, *words = line.split()
        if len(words) != len(COLUMNS) or not set(words) <= {".", *Reach}:
            raise RightsUnreadable(line)
        held = zip(COLUMNS, words, strict=True)
        yield route, Right({role: Reach(word) for role, word in held if word != "."})


def read_table(table: str) -> Mapping[str, Right]:
    """The rights by route. Raises RightsUnreadable, also for a route that stands twice."""
    rights: dict[str, Right] = {}
    for route, right in _lines(table):
        if route in rights:
            raise RightsUnreadable(f"{route} stands twice")
        rights[route] = right
    return rights


RIGHTS = read_table(TABLE)
