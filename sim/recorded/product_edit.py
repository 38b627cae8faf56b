"""Writes settings of monitors into a product file and leaves every other byte of it as it was."""

import os
from pathlib import Path

import tomlkit


def with_settings(path: Path, changes: dict[str, dict]) -> str:
    """The text of a product file with settings changed: {monitor: {setting: value}}.

    Raises ValueError for a monitor that the file does not have.
    """
    document = tomlkit.parse(path.read_text(encoding="utf-8"))
    monitors = document.get("monitors", {})
    for monitor, settings in changes.items():
        if monitor not in monitors:
            known = ", ".join(monitors) or "none"
            raise ValueError(f"{path}: no monitor {monitor!r}; there are: {known}")
        table = monitors[monitor]
        if "settings" not in table:
            table["settings"] = tomlkit.inline_table()
        for setting, value in settings.items():
            table["settings"][setting] = value
    return tomlkit.dumps(document)


def replace(path: Path, text: str) -> None:
    """Put a new text in place of a file, whole or not at all."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text, encoding="utf-8")
    os.replace(fresh, path)
