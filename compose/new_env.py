"""`python3 compose/new_env.py > .env` prints fresh secrets for docker-compose.yml; it needs nothing but Python."""

import base64
import secrets
import sys

WORDS = ("POSTGRES_PASSWORD", "TEMPORAL_PASSWORD", "AMENDS_OWNER_PASSWORD", "AMENDS_APP_PASSWORD")


def main() -> None:
    def key() -> str:
        return base64.b64encode(secrets.token_bytes(32)).decode()

    lines = [
        "# Secrets of this installation: keep a copy elsewhere. Without the first two keys its data can't be read.",
        f"AMENDS_FIELD_KEYS=k1:{key()}",
        f"AMENDS_INDEX_KEY={key()}",
        f"AMENDS_RECORD_KEY={key()}",
        *(f"{name}={secrets.token_hex(24)}" for name in WORDS),
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
