"""What the words of the first screen mean, for a reader who never saw them: those alone that stand there."""

from __future__ import annotations

import re
from collections.abc import Iterable

from leadin.reports.sentences import Sentence

ABOUT = "In other words"
MEANINGS = {
    "ALSFRS-R": "ALSFRS-R: twelve everyday abilities such as speaking, walking and breathing, from 48 points (nothing "
    "lost) down to 0.",
    "FVC": "FVC: the air that a person can breathe out with force, in % of what is usual for age, sex and height.",
    "SVC": "SVC: the air that a person can breathe out slowly, in % of what is usual for age, sex and height.",
    "hazard": "Hazard: how often the event comes, at any time, among those who have not had it.",
    "interval": "Interval: values that go well with what was seen; the wider it is, the less is known.",
    "nobody is treated": "Nobody is treated: in trials simulated for this, so that what they show is the course of the "
    "disease, who was let in, and chance.",
    "time zero": "Time zero: the scheduled day of the first dose.",
}
"""By the word that asks for it, in the order in which they are told."""


def in_other_words(sentences: Iterable[Sentence]) -> tuple[Sentence, ...]:
    """One sentence on each word of the sentences that needs one; nothing where there is none."""
    said = " ".join(sentence.text for sentence in sentences)
    told = [meaning for word, meaning in MEANINGS.items() if re.search(rf"\b{word}\b", said)]
    return (Sentence(ABOUT, " ".join(told)),) if told else ()
