"""How what goes to the engine and comes back is written: as JSON, by pydantic."""

from dataclasses import replace

from temporalio.contrib.pydantic import PydanticPayloadConverter, pydantic_data_converter
from temporalio.converter import CompositePayloadConverter

_SHARED = PydanticPayloadConverter()


class SharedPayloadConverter(CompositePayloadConverter):
    """The SDK makes a converter for each case, each task and each activity, and each would learn every type anew. They
    hold nothing but what they have learnt of types, so all of a process share it."""

    def __init__(self) -> None:
        super().__init__(*_SHARED.converters.values())


as_json = replace(pydantic_data_converter, payload_converter_class=SharedPayloadConverter)
