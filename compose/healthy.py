"""`python -m compose.healthy URL` ends well when the URL answers 200, else with a line that says why; the image has no
curl."""

import sys
import urllib.request


def main() -> None:
    try:
        # The address stands in docker-compose.yml; what is no 200 is an error already.
        urllib.request.urlopen(sys.argv[1], timeout=4).close()  # noqa: S310
    except OSError as away:
        sys.exit(f"{sys.argv[1]}: {away}")


if __name__ == "__main__":
    main()
