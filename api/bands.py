"""Salary bands from a file: a fixture that stands in until a finance system is connected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from api.folder import default_folder
from engine.kernel.documents import Day, Identifier, Number, Shape
from engine.kernel.errors import NotFoundError
from engine.kernel.json_text import read_json

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable
    from pathlib import Path


class SalaryBand(Shape):
    """The monthly pay of a role and grade in a region, from a date on."""

    id: Identifier
    role: Identifier
    grade: str
    region: str
    currency: str
    low: Number
    high: Number
    effective_from: Day


_BANDS = TypeAdapter(tuple[SalaryBand, ...])


def read_bands(path: Path | None = None) -> tuple[SalaryBand, ...]:
    """Read bands from a JSON file, the shipped one by default; raises NotFoundError or DocumentError."""
    place = path or default_folder() / "examples" / "salary-bands.json"
    if not place.is_file():
        raise NotFoundError("file", str(place))
    try:
        return _BANDS.validate_python(read_json(place.read_text("utf-8"), str(place)))
    except ValidationError as error:
        raise NotFoundError("salary band", str(place), str(error.errors()[0]["msg"])) from None


def find_band(
    bands: Iterable[SalaryBand], role: str, region: str, day: dt.date
) -> SalaryBand | None:
    """Find the latest band of a role and region that holds on a day."""
    held = [b for b in bands if b.role == role and b.region == region and b.effective_from <= day]
    return max(held, key=lambda band: band.effective_from, default=None)
