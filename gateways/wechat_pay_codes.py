"""What each of WeChat Pay's transfer states and codes says about the money. What stands in no table here is unknown."""

from typing import Final

from gateways.money import Remedy

PAID: Final = frozenset({"SUCCESS"})
CLOSED: Final = frozenset({"FAIL", "CANCELLED"})
# Listed so that a reader sees they were thought of; any other state is treated as these are.
OPEN: Final = frozenset({"ACCEPTED", "PROCESSING", "WAIT_USER_CONFIRM", "TRANSFERING", "CANCELING"})

NOT_FOUND: Final = "NOT_FOUND"

# Answers to a send that made no transfer: the same number and bytes pass once the cause is mended.
REFUSED: Final[dict[str, Remedy]] = {
    "NOT_ENOUGH": "fix_and_retry",
    "NO_AUTH": "fix_and_retry",
    "ACCOUNT_ERROR": "fix_and_retry",
    "PARAM_ERROR": "stop_and_alarm",
    "INVALID_REQUEST": "stop_and_alarm",
}
# The number was used before with other parameters: two decisions share one number, which a person must untangle.
ALARM_CODES: Final = frozenset({"ALREADY_EXISTS"})
UNKNOWN_CODES: Final = frozenset(
    {
        "SYSTEM_ERROR",
        "SIGN_ERROR",
        "FREQUENCY_LIMITED",
        "FREQUENCY_LIMIT",
        "FREQUENCY_LIMIT_EXCEED",
        "RATELIMIT_EXCEEDED",
        "ALREADY_EXISTS",
        "NOT_FOUND",
    }
)

# Why a transfer was closed. Its number is used up in every case; whom to ask differs.
_ASK_BUYER = (
    "ACCOUNT_FROZEN",
    "ACCOUNT_NOT_EXIST",
    "REAL_NAME_CHECK_FAIL",
    "NAME_NOT_CORRECT",
    "OPENID_INVALID",
    "ID_CARD_NOT_CORRECT",
    "PAYEE_ACCOUNT_ABNORMAL",
    "REALNAME_ACCOUNT_RECEIVED_QUOTA_EXCEED",
    "BLOCK_B2C_USERLIMITAMOUNT_MONTH",
    "BLOCK_B2C_USERLIMITAMOUNT_BSRULE_MONTH",
    "TRANSFER_QUOTA_EXCEED",
    "DAY_RECEIVED_QUOTA_EXCEED",
    "MONTH_RECEIVED_QUOTA_EXCEED",
    "DAY_RECEIVED_COUNT_EXCEED",
)
_STOP_AND_ALARM = (
    "OVERDUE_CLOSE",
    "PAYER_ACCOUNT_ABNORMAL",
    "PRODUCT_AUTH_CHECK_FAIL",
    "TRANSFER_SCENE_UNAVAILABLE",
    "TRANSFER_SCENE_INVALID",
    "TRANSFER_REMARK_SET_FAIL",
    "TRANSFER_RISK",
    "RECEIVE_ACCOUNT_NOT_PERMMIT",
    "RECEIVE_ACCOUNT_NOT_CONFIGURE",
    "MERCHANT_REJECT",
    "MERCHANT_NOT_CONFIRM",
)
REASONS: Final[dict[str, Remedy]] = {
    **dict.fromkeys(_ASK_BUYER, "ask_buyer"),
    **dict.fromkeys(_STOP_AND_ALARM, "stop_and_alarm"),
}
