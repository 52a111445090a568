"""pytesseract without pandas, which it imports wherever it is there for answers we never ask for: a second and 40 MiB a process."""

import sys

_hidden = sys.modules.setdefault("pandas", None)  # type: ignore[arg-type]  # None says "no such module" (importlib's own convention)
import pytesseract  # noqa: E402

if _hidden is None:
    del sys.modules["pandas"]

__all__ = ["pytesseract"]
