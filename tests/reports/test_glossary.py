"""What the words of the first screen mean."""

from __future__ import annotations

import pytest

from leadin.reports.glossary import MEANINGS, in_other_words
from leadin.reports.sentences import Sentence


def test_only_words_that_stand_there_are_told_in_one_order():
    said = (Sentence("Survival", "The hazard of death (95 % interval 1 to 2)."), Sentence("Function", "ALSFRS-R fell."))
    (told,) = in_other_words(said)
    assert told.about == "In other words"
    assert told.text == " ".join(MEANINGS[word] for word in ("ALSFRS-R", "hazard", "interval"))


def test_plain_words_need_no_others():
    assert in_other_words((Sentence("Survival", "Nobody died in intervals or hazardous ways."),)) == ()


@pytest.mark.parametrize("word", MEANINGS)
def test_every_meaning_names_its_word_first(word):
    assert MEANINGS[word].lower().startswith(f"{word.lower()}: ")
