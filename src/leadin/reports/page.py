"""The page as a value: its first screen and its sections, each a list of figures, tables and sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leadin.reports.picture import Picture
from leadin.reports.redo import Commands, References
from leadin.reports.sentences import Sentence
from leadin.reports.tables import Bullets, Entries, Heading, Paragraph, Table

Block = Picture | Table | Paragraph | Bullets | Entries | References | Commands | Heading


@dataclass(frozen=True)
class Section:
    """One section. name: its place in the page's address. A section that has nothing to show says so in a sentence."""

    name: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Page:
    """Everything the template prints. simulated: the page says so on its first screen and on every printed sheet."""

    title: str
    what_was_done: str
    origin: str
    simulated: bool
    sentences: tuple[Sentence, ...]
    sections: tuple[Section, ...]
    version: str
    stamp: str = "SIMULATED TRIAL: NO PERSON TOOK PART"

    @property
    def blocks(self) -> Iterator[Block]:
        """All blocks from top to bottom."""
        return (block for section in self.sections for block in section.blocks)

    @property
    def numbering(self) -> dict[str, int]:
        """The number of each figure and of each table, by name: each kind counts for itself from 1."""
        figures = [block.name for block in self.blocks if isinstance(block, Picture)]
        tables = [block.name for block in self.blocks if isinstance(block, Table)]
        return {name: k for names in (figures, tables) for k, name in enumerate(names, start=1)}
