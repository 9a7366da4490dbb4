"""One way to the engine for worker, api and tools: the SDK's own configuration, pydantic payloads, the codec."""

from dataclasses import replace

from temporalio.client import Client
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes
from temporalio.envconfig import ClientConfig
from temporalio.runtime import Runtime

from settings import Settings
from workflows.codec import parse_codec
from workflows.payloads import as_json

HERE = "127.0.0.1:7233"


def data_converter(settings: Settings) -> DataConverter:
    """Raises PayloadKeysUnusable. With keys, error messages are encrypted as well."""
    codec = parse_codec(settings.payload_keys.get_secret_value())
    if codec is None:
        return as_json
    return replace(
        as_json,
        payload_codec=codec,
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


async def connect(settings: Settings, *, identity: str, lazy: bool = False, runtime: Runtime | None = None) -> Client:
    """A client that goes to TEMPORAL_ADDRESS (or the profile of TEMPORAL_PROFILE), this machine where neither is set.

    `identity` names the process in the engine's UI. `lazy` connects at the first call, so that a process can start
    before its engine.
    """
    options = ClientConfig.load_client_connect_config()
    options.setdefault("target_host", HERE)
    return await Client.connect(
        **options, identity=identity, data_converter=data_converter(settings), lazy=lazy, runtime=runtime
    )
