"""The accounts of the ledger that say what returns have cost, and the ones against which they are posted."""

from collections.abc import Mapping
from enum import StrEnum


class LossAccount(StrEnum):
    """What one case has cost its shop: positive where it costs, negative where something came back."""

    FREIGHT = "loss_freight"
    GOODS = "loss_goods"
    SHARED = "loss_shared"  # what a buyer lost on the way and the shop bears
    COURIER = "recovered_courier"
    INSURER = "recovered_insurer"
    SUPPLIER = "recovered_supplier"


# Whence each came, or where it went.
AGAINST: Mapping[LossAccount, str] = {
    LossAccount.FREIGHT: "freight_paid",
    LossAccount.GOODS: "stock",
    LossAccount.SHARED: "given:coupon_direct",
    LossAccount.COURIER: "courier_account",
    LossAccount.INSURER: "insurer_account",
    LossAccount.SUPPLIER: "supplier_account",
}
# Amends of cases of either kind, as payouts post them.
COMPENSATION = "compensation"


def of_shop(account: str, shop: str) -> str:
    return f"{account}:{shop}"
