"""Who may use which route: one line per route, by the name of its function.

A role counts in the shops in which it is held. Auditors read and change nothing; what a step asks beyond this is the
case's own rule.
"""

from collections.abc import Mapping

from domain.people import DESK, LEADERS, Role

EVERYONE = frozenset(Role)
CASE_READERS = DESK | {Role.WAREHOUSE, Role.FINANCE, Role.AUDITOR, Role.SERVICE}
CASE_WORKERS = DESK | {Role.WAREHOUSE, Role.FINANCE}
ADMINS = frozenset({Role.ADMIN})

# Answered without a key: they tell nothing about the house.
PUBLIC = frozenset({"health", "ready"})

RIGHTS: Mapping[str, frozenset[Role]] = {
    "me": EVERYONE,
    # cases
    "open_case": DESK | {Role.SERVICE},
    "open_refund": DESK | {Role.SERVICE},
    "list_refunds": CASE_READERS,
    "enter_a_parcel": CASE_WORKERS,
    "list_parcels": CASE_READERS,
    "parcel_fits": CASE_READERS,
    "show_refund": DESK | {Role.WAREHOUSE, Role.FINANCE, Role.AUDITOR},
    "list_cases": CASE_READERS,
    "show_case": CASE_READERS,
    "take_step": CASE_WORKERS,
    "take_steps": CASE_WORKERS,
    "show_timeline": CASE_READERS,
    "show_review": DESK | {Role.AUDITOR},
    "show_phone": DESK,
    "show_script": DESK,
    "check_wording": DESK | {Role.ADMIN},
    "show_buyer": DESK | {Role.AUDITOR},
    "show_agreements": DESK | {Role.AUDITOR},
    "my_investigations": CASE_WORKERS,
    "show_disputes": DESK | {Role.WAREHOUSE, Role.FINANCE, Role.AUDITOR},
    "replay_case": LEADERS | {Role.AUDITOR},
    "open_questions": frozenset({Role.SUPERVISOR, Role.AUDITOR}),
    "find_rules": DESK | {Role.WAREHOUSE, Role.FINANCE, Role.AUDITOR, Role.ADMIN},
    "retire_rule": frozenset({Role.SUPERVISOR}),
    "show_offer_range": DESK | {Role.AUDITOR},
    "my_fulfilments": CASE_WORKERS,
    "show_delivery": DESK | {Role.WAREHOUSE, Role.FINANCE},
    "list_refused_steps": LEADERS | {Role.AUDITOR},
    "my_queue": CASE_WORKERS,
    "tell_message": DESK | {Role.SERVICE},
    "tell_presence": DESK | {Role.SERVICE},
    "my_notices": EVERYONE,
    "list_payouts": LEADERS | {Role.FINANCE, Role.AUDITOR},
    "show_confirmation": frozenset({Role.SERVICE, Role.FINANCE}),
    "list_differences": frozenset({Role.SUPERVISOR, Role.FINANCE, Role.AUDITOR}),
    "settle_difference": frozenset({Role.FINANCE}),
    "show_budgets": LEADERS | {Role.FINANCE, Role.AUDITOR},
    "show_case_budgets": DESK | {Role.FINANCE, Role.AUDITOR},
    "list_budget_postings": frozenset({Role.SUPERVISOR, Role.FINANCE, Role.AUDITOR}),
    "show_trial_balance": frozenset({Role.SUPERVISOR, Role.FINANCE, Role.AUDITOR}),
    "raise_one_budget": frozenset({Role.SUPERVISOR}),
    "list_sales": LEADERS | ADMINS | {Role.FINANCE, Role.AUDITOR},
    "set_sales": ADMINS | {Role.SUPERVISOR, Role.FINANCE},
    # office
    "list_shops": EVERYONE,
    "open_shop": ADMINS,
    "change_shop": ADMINS,
    "show_gate": LEADERS | ADMINS | {Role.FINANCE, Role.AUDITOR},
    "choose_gate": ADMINS | {Role.SUPERVISOR},
    "acknowledge_gate": ADMINS | {Role.SUPERVISOR},
    "list_people": DESK | {Role.AUDITOR, Role.ADMIN},
    "add_person": ADMINS,
    "change_person": ADMINS,
    "grant_role": ADMINS,
    "revoke_role": ADMINS,
    "list_shifts": DESK | {Role.AUDITOR, Role.ADMIN},
    "set_shift": LEADERS | ADMINS,
    "remove_shift": LEADERS | ADMINS,
    "list_surges": DESK | {Role.AUDITOR, Role.ADMIN},
    "set_surge": ADMINS | {Role.SUPERVISOR},
    "end_surge": ADMINS | {Role.SUPERVISOR},
    "issue_key": ADMINS,
    "revoke_key": ADMINS,
    "suggest_replies": DESK | {Role.AUDITOR},
    "list_reply_templates": DESK | {Role.AUDITOR, Role.ADMIN},
    "save_reply_template": LEADERS | ADMINS,
    "change_reply_template": LEADERS | ADMINS,
    "retire_reply_template": LEADERS | ADMINS,
    "show_policy": DESK | {Role.FINANCE, Role.AUDITOR, Role.ADMIN},
    "show_policy_history": DESK | {Role.FINANCE, Role.AUDITOR, Role.ADMIN},
    "preview_policy": ADMINS | {Role.SUPERVISOR},
    "put_policy": ADMINS | {Role.SUPERVISOR},
    "list_office_events": ADMINS | {Role.AUDITOR},
    # buyers
    "unmask_buyer": CASE_WORKERS,
    "list_looks": LEADERS | {Role.AUDITOR},
    "search_buyers": DESK | {Role.WAREHOUSE, Role.AUDITOR},
    "preview_retention": ADMINS | {Role.SUPERVISOR, Role.AUDITOR},
    "run_retention": ADMINS,
    "list_erasures": ADMINS | {Role.SUPERVISOR, Role.AUDITOR},
    "erase_buyer": ADMINS | {Role.SUPERVISOR},
    # evidence
    "put_file": CASE_WORKERS,
    "list_files": CASE_WORKERS | {Role.AUDITOR},
    "download_file": CASE_WORKERS | {Role.AUDITOR},
    "show_custody": LEADERS | {Role.AUDITOR},
    "show_evidence": DESK | {Role.AUDITOR},
    "download_evidence": LEADERS | {Role.AUDITOR},
    "set_legal_hold": ADMINS | {Role.SUPERVISOR},
    "lift_legal_hold": ADMINS | {Role.SUPERVISOR},
    # record
    "list_histories": ADMINS | {Role.SUPERVISOR, Role.AUDITOR},
    "show_history": ADMINS | {Role.SUPERVISOR, Role.AUDITOR},
    "find_cases": CASE_READERS,
    "make_export": frozenset({Role.SUPERVISOR, Role.AUDITOR}),
    "list_heads": ADMINS | {Role.AUDITOR},
}
