from collections.abc import Callable
from typing import Any

from sandbox.top_protocol import TopCall

METHODS: dict[str, Callable[[TopCall], dict[str, Any]]] = {}
