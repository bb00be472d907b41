"""Exit 0 when every URL answers 200, as a container's health check: the slim image has no curl."""

import sys
from http.client import HTTPException
from urllib.error import URLError
from urllib.request import Request, urlopen


def answers(url: str) -> bool:
    """Ask under the name localhost, which every installation allows, whatever the container is called."""
    try:
        with urlopen(Request(url, headers={"Host": "localhost"}), timeout=4) as response:  # noqa: S310 - our own URLs
            return bool(response.status == 200)
    except (URLError, HTTPException, OSError) as error:
        print(f"{url}: {error}", file=sys.stderr)
        return False


if __name__ == "__main__":
    sys.exit(0 if all(answers(url) for url in sys.argv[1:]) else 1)
