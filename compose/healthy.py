"""`python -m compose.healthy URL` ends well when the URL answers 200; the image has no curl."""

import sys
import urllib.request


def main() -> None:
    with urllib.request.urlopen(sys.argv[1], timeout=4) as answer:  # noqa: S310 the address stands in docker-compose.yml
        sys.exit(answer.status != 200)


if __name__ == "__main__":
    main()
