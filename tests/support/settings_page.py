"""The reference page of the settings, written from the settings themselves."""

from __future__ import annotations

from api.settings import Settings

_OPENING = """# Settings

The service reads its settings from the environment; a wrong one is told by its name, and nothing starts. This page is
written from `api/settings.py` by `EVENHAND_UPDATE_GOLDEN=1 pytest tests/golden/test_settings.py`.

| variable | default | what it sets |
|---|---|---|
"""


def settings_page() -> str:
    """Write the page."""
    rows = []
    for name, field in Settings.model_fields.items():
        value = field.get_default(call_default_factory=True, validated_data={})
        default = "–" if value is None or value == "" else f"`{value}`"
        rows.append(f"| `EVENHAND_{name.upper()}` | {default} | {field.description} |\n")
    return _OPENING + "".join(rows)
