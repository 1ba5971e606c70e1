"""The first screen and the nine sections of a report, in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leadin.reports.function import function_blocks
from leadin.reports.glossary import in_other_words
from leadin.reports.material import Material, gather
from leadin.reports.no_treatment import no_treatment_sentence
from leadin.reports.opening import origin_words, title_words, what_was_done
from leadin.reports.page import Page, Section
from leadin.reports.safety_section import safety_blocks
from leadin.reports.sections import (
    given_blocks,
    models_blocks,
    redo_blocks,
    survival_blocks,
    trust_blocks,
    who_blocks,
)
from leadin.reports.sentences import Sentence, function_sentence, safety_sentence, survival_sentence
from leadin.reports.wording import fatal_words
from leadin.trials.fatal_events import fatal_kinds
from leadin.trials.trial import Trial
from leadin.version import __version__

if TYPE_CHECKING:
    from leadin.analysis.results import Results
    from leadin.designs.chance import Chance


def report_page(trial: Trial, results: Results, chance: Chance | None = None) -> Page:
    """The page of one trial as a value."""
    material = gather(trial, results, chance)
    return Page(
        title=title_words(trial),
        what_was_done=what_was_done(material.trial, material.arms, material.in_arms),
        origin=origin_words(trial.manifest),
        simulated=trial.manifest.origin == "simulated",
        sentences=first_screen(material),
        sections=(
            Section("who", "2. Who took part", who_blocks(material)),
            Section("given", "3. What was given", given_blocks(material)),
            Section("function", "4. Function", function_blocks(material)),
            Section("models", "5. Models", models_blocks(material)),
            Section("survival", "6. Survival", survival_blocks(material)),
            Section("safety", "7. Safety", safety_blocks(material)),
            Section("trust", "8. How far to trust this", trust_blocks(material)),
            Section("redo", "9. How to redo it", redo_blocks(material)),
        ),
        version=__version__,
    )


def first_screen(material: Material) -> tuple[Sentence, ...]:
    """The three sentences, then what their words mean; in a trial without control the one on no treatment stands after
    that on function."""
    protocol = material.trial.protocol
    controlled = len(material.arms) > 1 and (protocol is None or protocol.control_arm is not None)
    untreated = no_treatment_sentence(material.answers, material.chance, protocol is not None)
    chance = () if controlled else (untreated,)
    survival = survival_sentence(
        material.answers, material.curves, fatal_words(fatal_kinds(protocol)), not material.came.events.is_empty()
    )
    harm = material.came.adverse_events
    safety = safety_sentence(material.answers, not harm.is_empty(), harm["serious"].drop_nulls().len() > 0)
    told = (function_sentence(material.answers, controlled), *chance, survival, safety)
    return (*told, *in_other_words(told))
