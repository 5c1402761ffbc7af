"""The jurisdiction document: dated entries of law, each with the text that it rests on."""

from __future__ import annotations

import re
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from engine.jurisdictions.periods import parse_period
from engine.kernel.diagnostics import Code
from engine.kernel.documents import Day, Document, Identifier, Name, Shape, Text, reject

NOT_A_PERIOD = Code(
    "LAW-VALUE-001",
    "`{text}` is not a length of time",
    "`{text}` 不是时间长度",
    "write it like `10 business days`, `30 days`, `6 months` or `3 years`",
    "请写成类似 `10 business days`、`30 days`、`6 months` 或 `3 years`",
)
NO_LENGTH = Code(
    "LAW-VALUE-002",
    "this retention has neither `at_least` nor `at_most`",
    "该保存期限既无 `at_least` 也无 `at_most`",
    "give at least one of them",
    "请至少给出其中之一",
)
NOT_AN_ADDRESS = Code(
    "LAW-VALUE-003",
    "`{text}` is no address on the web",
    "`{text}` 不是网址",
    "write where the text of the law can be read, from `https://` on",
    "请写明法律文本的网址，以 `https://` 开头",
)
_ADDRESS = re.compile(r"https?://[^\s/]+\S*")


def _period(text: str) -> str:
    if parse_period(text) is None:
        raise reject(NOT_A_PERIOD, text=text[:40])
    return text


PeriodText: TypeAlias = Annotated[str, AfterValidator(_period)]
"""A length of time such as `10 business days`."""


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise reject(NOT_AN_ADDRESS, text=text[:80])
    return text


Modality: TypeAlias = Literal[
    "text",
    "speech_timing",
    "face_expression",
    "gaze",
    "voice_emotion",
    "biometric_id",
    "social_media",
]
"""By what kind of observation a signal was made; laws block some of them."""


class Entry(Shape):
    """What every entry of law has: its source, and the first and the last day on which it holds.

    `source_url` is where its text can be read, `reviewed_on` the day on which somebody last did.
    """

    model_config = ConfigDict(serialize_by_alias=True)

    cites: str
    since: Day | None = Field(default=None, alias="from")
    until: Day | None = Field(default=None, alias="to")
    source_url: Annotated[str, AfterValidator(_address)] | None = None
    reviewed_on: Day | None = None
    note: Text | None = None


class BlockedModality(Entry):
    """Signals made this way are not used; `signals` are their names, so that no rule asks for one by name."""

    modality: Modality
    signals: tuple[Name, ...] = ()


class BlockedInput(Entry):
    """An attribute that no rule may read, nor any of its proxies."""

    attribute: Name
    proxies: tuple[Name, ...] = ()


class HumanDecides(Entry):
    """An outcome that only a person gives."""

    outcome: Name


class Notice(Entry):
    """A text that the person has had for `at_least` so long before something is done."""

    before: Name
    text_id: Name
    at_least: PeriodText | None = None


class Retention(Entry):
    """How long a thing is kept, at least and at most, and what happens then."""

    what: Name
    at_least: PeriodText | None = None
    at_most: PeriodText | None = None
    then: Literal["erase", "review"]

    @model_validator(mode="after")
    def _has_length(self) -> Retention:
        if self.at_least is None and self.at_most is None:
            raise reject(NO_LENGTH)
        return self


class ImpactAssessment(Entry):
    """A duty to assess the impact of a document that decides, before it is published.

    `renew` says how long an assessment counts: for one version, or until a later one reads a new
    signal or takes a weight from new data.
    """

    renew: Literal["every_version", "material_change"]


class Jurisdiction(Document):
    """The law of one place as data; it computes nothing (`rule-language` section 8)."""

    kind: Literal["jurisdiction"]
    extends: tuple[Identifier, ...] = ()
    blocked_modalities: tuple[BlockedModality, ...] = ()
    blocked_inputs: tuple[BlockedInput, ...] = ()
    human_decides: tuple[HumanDecides, ...] = ()
    notice: tuple[Notice, ...] = ()
    retention: tuple[Retention, ...] = ()
    impact_assessment: tuple[ImpactAssessment, ...] = ()
    note: Text | None = None
