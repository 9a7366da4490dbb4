"""The activities that keep the record, and forget what need not be kept."""

from collections.abc import Callable
from typing import Any

from temporalio.client import Client

from activities.archive import ArchiveActivities
from activities.heads import HeadActivities
from activities.retention import RetentionActivities
from db.sessions import Sessions
from db.signatures import Signer
from settings import Settings
from vault.vault import Vault


def record_keeping(
    settings: Settings, sessions: Sessions, client: Client, vault: Vault | None
) -> list[Callable[..., Any]]:
    """Raises KeysUnusable."""
    archive = ArchiveActivities(sessions, client)
    heads = HeadActivities(sessions, Signer.parse(settings.record_key.get_secret_value()))
    return [archive.archive, archive.forget_routine, heads.seal_record, RetentionActivities(sessions, vault).forget_due]
