"""Names of the icons in static/kernel/icons.svg."""

import re
from pathlib import Path
from typing import Final

SPRITE: Final = Path(__file__).parent / "static" / "kernel" / "icons.svg"
NAMES: Final = frozenset(re.findall(r'<symbol id="i-([a-z0-9-]+)"', SPRITE.read_text(encoding="utf-8")))
