"""`amends doctor` looks at the engine: whether it answers, what it keeps how long, who works, what is scheduled."""

from collections.abc import AsyncIterator
from datetime import timedelta

from sqlalchemy import select
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, DescribeTaskQueueRequest
from temporalio.client import Client

from cli.diagnosis import Diagnosis, bad, good, odd
from cli.house import Tools
from db.tables.office import Shop
from workflows import search
from workflows.limits import MARKETPLACE_QUEUE, MONEY_QUEUE
from workflows.schedules import ARCHIVE, HEADS, NOTICES, WEBHOOKS, digest_id

RETENTION = timedelta(days=30)


async def look_at_engine(house: Tools) -> AsyncIterator[Diagnosis]:
    client = await house.client()
    yield good("engine", f"answers at {client.service_client.config.target_host}, namespace {client.namespace}")
    yield await _retention(client)
    yield await _search_attributes(client)
    for queue in (house.settings.task_queue, MARKETPLACE_QUEUE, MONEY_QUEUE):
        yield await _workers(client, queue)
    yield await _schedules(client, house)


async def _retention(client: Client) -> Diagnosis:
    answer = await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=client.namespace))
    kept = answer.config.workflow_execution_retention_ttl.ToTimedelta()
    if kept >= RETENTION:
        return good("retention", f"closed workflows are kept for {kept.days} days")
    return odd(
        "retention", f"closed workflows are kept for {kept.days} days only",
        "temporal operator namespace update --retention 90d, so that an archive that fails for long loses nothing",
    )  # fmt: skip


async def _search_attributes(client: Client) -> Diagnosis:
    found = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    missing = [key.name for key in search.ALL if key.name not in found.custom_attributes]
    if missing:
        return bad(
            "search attributes", f"{', '.join(missing)} are missing", "temporal operator search-attribute create"
        )
    return good("search attributes", "all are there")


async def _workers(client: Client, queue: str) -> Diagnosis:
    asked = DescribeTaskQueueRequest(
        namespace=client.namespace, task_queue=TaskQueue(name=queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
    )  # fmt: skip
    pollers = len((await client.workflow_service.describe_task_queue(asked)).pollers)
    if pollers:
        return good("worker", f"{pollers} on the queue {queue}")
    return bad("worker", f"nobody works on the queue {queue}", "start worker.py, with the same AMENDS_TASK_QUEUE")


async def _schedules(client: Client, house: Tools) -> Diagnosis:
    async with house.sessions() as session:
        shops = list(await session.scalars(select(Shop.code)))
    there = {entry.id async for entry in await client.list_schedules()}
    missing = [
        name for name in (ARCHIVE, HEADS, NOTICES, WEBHOOKS, *(digest_id(shop) for shop in shops)) if name not in there
    ]
    if missing:
        return bad("schedules", f"{', '.join(missing[:5])} are missing", "start a worker: it makes them")
    return good("schedules", f"all of {len(shops)} shops are there")
