"""The vault that the settings name."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2

from db.sealing import KeyRing
from domain.errors import Refusal
from gateways.wire import trusted
from settings import Settings
from vault.folder import FolderStore
from vault.s3 import S3Store
from vault.sigv4 import Credentials
from vault.store import Store
from vault.vault import Vault

SECONDS = 60.0


class VaultNotSetUp(Refusal):
    """The settings name no place for files."""

    code = "VaultNotSetUp"


@contextlib.asynccontextmanager
async def vault_of(settings: Settings, ring: KeyRing) -> AsyncIterator[Vault | None]:
    """None where neither folder nor store is set."""
    async with httpx2.AsyncClient(timeout=SECONDS, verify=trusted(), trust_env=False) as http:
        store = _store(settings, http)
        yield None if store is None else Vault(store, ring, settings.vault_max_mb * 1024 * 1024)


def needed(vault: Vault | None) -> Vault:
    """Raises VaultNotSetUp."""
    if vault is None:
        raise VaultNotSetUp("This house keeps no files: an operator sets AMENDS_VAULT_FOLDER or AMENDS_VAULT_S3_URL.")
    return vault


def _store(settings: Settings, http: httpx2.AsyncClient) -> Store | None:
    if settings.vault_s3_url:
        credentials = Credentials(settings.vault_s3_key_id, settings.vault_s3_secret, settings.vault_s3_region)
        return S3Store(http, settings.vault_s3_url, settings.vault_s3_bucket, credentials)
    return FolderStore(Path(settings.vault_folder)) if settings.vault_folder else None
