"""The installation's secret key: made once, kept beside the data, shared by every process that uses the same folder."""

import os
import secrets
from contextlib import suppress
from pathlib import Path


def secret_key(data_dir: Path) -> str:
    """Read the key of this data folder; the first caller makes it (mode 0600).

    Processes that start together agree: a key appears whole or not at all, and the first one stays.
    """
    path = data_dir / "secret_key"
    if not path.exists():
        draft = data_dir / f"secret_key.{secrets.token_hex(8)}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(64))
        with suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
    return _read(path)


def _read(path: Path) -> str:
    key = path.read_text(encoding="ascii").strip()
    if len(key) < 50:
        raise RuntimeError(
            f"{path} does not hold a secret key (fewer than 50 characters): delete it to have a new one made."
        )
    return key
