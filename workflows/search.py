"""Search attributes for operators of the engine: ids and states, never anything about a buyer."""

from temporalio.common import SearchAttributeKey

SHOP = SearchAttributeKey.for_keyword("ShopId")
STATUS = SearchAttributeKey.for_keyword("CaseStatus")
ASSIGNEE = SearchAttributeKey.for_keyword("AssigneeId")
DUE = SearchAttributeKey.for_datetime("DueAt")
PLATFORM = SearchAttributeKey.for_keyword("Platform")

ALL = (SHOP, STATUS, ASSIGNEE, DUE, PLATFORM)
