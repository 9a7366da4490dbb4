"""What each of Alipay's transfer codes says about the money. A code that stands in no table here is unknown."""

from typing import Final

from gateways.money import Remedy

BUSINESS_FAILED: Final = "40004"
OK: Final = "10000"

# The same request passes once the shop has mended its balance, limit or contract.
_FIX_AND_RETRY = (
    "PAYER_BALANCE_NOT_ENOUGH",
    "BALANCE_IS_NOT_ENOUGH",
    "EXCEED_LIMIT_DM_MAX_AMOUNT",
    "EXCEED_LIMIT_DM_AMOUNT",
    "EXCEED_LIMIT_MM_AMOUNT",
    "NO_ACCOUNT_PAYMENT_PERMISSION",
    "PRODUCT_NOT_SIGN",
)
# Only the buyer can tell a payee that works.
_ASK_BUYER = (
    "PAYEE_NOT_EXIST",
    "PAYEE_USER_INFO_ERROR",
    "PAYEE_ACC_OCUPIED",
    "PERMIT_NON_BANK_LIMIT_PAYEE",
    "PERM_AML_NOT_REALNAME_REV",
    "EXCEED_LIMIT_UNRN_DM_AMOUNT",
    "PAYEE_ACCOUNT_STATUS_ERROR",
)
# Repeating can't help: our request or our account is at fault.
_STOP_AND_ALARM = (
    "INVALID_PARAMETER",
    "EXCEED_LIMIT_SM_MIN_AMOUNT",
    "EXCEED_LIMIT_PERSONAL_SM_AMOUNT",
    "REMARK_HAS_SENSITIVE_WORD",
    "SYNC_SECURITY_CHECK_FAILED",
    "PAYER_STATUS_ERROR",
    "PAYER_PAYEE_CANNOT_SAME",
)

REMEDIES: Final[dict[str, Remedy]] = {
    **dict.fromkeys(_FIX_AND_RETRY, "fix_and_retry"),
    **dict.fromkeys(_ASK_BUYER, "ask_buyer"),
    **dict.fromkeys(_STOP_AND_ALARM, "stop_and_alarm"),
}

# Listed so that a reader sees they were thought of; they are treated as any unlisted code is.
UNKNOWN_CODES: Final = frozenset(
    {
        "isp.unknow-error",
        "aop.unknow-error",
        "SYSTEM_ERROR",
        "ACQ.SYSTEM_ERROR",
        "REQUEST_PROCESSING",
        "PAYMENT_INFO_INCONSISTENCY",
        "ORDER_NOT_EXIST",
    }
)

# The number was used before with other parameters: two decisions share one number, which a person must untangle.
ALARM_CODES: Final = frozenset({"PAYMENT_INFO_INCONSISTENCY"})


def remedy_of(code: str, sub_code: str) -> Remedy | None:
    """The remedy of a definite failure of a *send*, None if the money's fate is open."""
    return REMEDIES.get(sub_code) if code == BUSINESS_FAILED else None
