"""The installation's secret key: made once, kept beside the data, shared by every process that uses the same folder."""

import os
import secrets
from pathlib import Path


def secret_key(data_dir: Path) -> str:
    """Read the key of this data folder; the first caller makes it (mode 0600).

    Two processes that start together agree: the file is created exclusively and the loser reads what the winner wrote.
    """
    path = data_dir / "secret_key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read(path)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(64))
    return _read(path)


def _read(path: Path) -> str:
    key = path.read_text(encoding="ascii").strip()
    if len(key) < 50:
        raise RuntimeError(
            f"{path} does not hold a secret key (fewer than 50 characters): delete it to have a new one made."
        )
    return key
