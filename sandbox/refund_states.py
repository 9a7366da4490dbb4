"""The states of refund and exchange applications: how long each may last, and what follows without a word."""

ASKED, RETURNING, RETURNED = "WAIT_SELLER_AGREE", "WAIT_BUYER_RETURN_GOODS", "WAIT_SELLER_CONFIRM_GOODS"
REFUSED, CLOSED, PAID = "SELLER_REFUSE_BUYER", "CLOSED", "SUCCESS"

EXCHANGE = "TMALL_EXCHANGE"
# Status codes of tmall.exchange.receive.get. The last is an exchange that never came: the buyer asks for money instead.
EX_ASKED, EX_RETURNING, EX_RETURNED, EX_CLOSED, EX_DONE, EX_REFUSED = "1", "2", "3", "4", "5", "6"
EX_TO_SEND, EX_SENT, EX_REFUND_PLEASE = "12", "13", "14"

# In days (S001; platform_rules.yaml ali_refund); those of exchanges are the sandbox's own.
TIME_LIMITS = {
    ASKED: (5, PAID),
    RETURNING: (7, CLOSED),
    RETURNED: (10, PAID),
    REFUSED: (7, CLOSED),
    EX_ASKED: (5, EX_RETURNING),
    EX_RETURNING: (7, EX_CLOSED),
    EX_RETURNED: (10, EX_TO_SEND),
    EX_REFUSED: (7, EX_CLOSED),
    EX_TO_SEND: (7, EX_REFUND_PLEASE),
    EX_SENT: (10, EX_DONE),
}
ENDED = (CLOSED, PAID, EX_CLOSED, EX_DONE, EX_REFUND_PLEASE)
EXCHANGE_STATES = (
    *(EX_ASKED, EX_RETURNING, EX_RETURNED, EX_CLOSED, EX_DONE, EX_REFUSED, EX_TO_SEND, EX_SENT, EX_REFUND_PLEASE),
)
REFUND_STATES = (ASKED, RETURNING, RETURNED, REFUSED, CLOSED, PAID)

# cs_status: what part the platform's own service takes (TOP-53).
CS_NONE, CS_CALLED, CS_STEPPED_IN, CS_FOR_BUYER, CS_FOR_SELLER = 1, 2, 3, 8, 9
CS_DECIDES = (CS_STEPPED_IN, 4, 10, 11)
