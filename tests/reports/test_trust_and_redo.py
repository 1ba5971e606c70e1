"""What a reader needs to doubt the report, and to make it again."""

from __future__ import annotations

from dataclasses import replace

from leadin.analysis.analyse import analyse_trial
from leadin.analysis.result import Result
from leadin.analysis.safety import UNADJUSTED
from leadin.protocols.estimand import Estimand, IntercurrentEvent
from leadin.protocols.plan import Plan
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.protocols.provenance import Assumption, Provenance
from leadin.reports.answers import Answers
from leadin.reports.arms import report_arms
from leadin.reports.redo import Reference, commands, plan_words, redo_table, reference_of, references
from leadin.reports.tables import Bullets, Entries, Paragraph, Table
from leadin.reports.trust import (
    analyses_entries,
    assumed_blocks,
    breakable,
    estimands_table,
    findings_blocks,
    not_planned,
)
from leadin.reports.wording import ASSUMPTIONS
from leadin.trials.finding import Finding
from leadin.trials.trial import Manifest
from leadin.trials.usable import LeftOut


def test_an_analysis_tells_estimand_assumptions_losses_and_warnings(slope_row, cells_and_control):
    row = slope_row(warnings=("singular fit.", "few visits"), not_evaluable=1)
    other = slope_row(arm="x", estimand="Another.", not_evaluable=3, warnings=("few visits",))
    entries = analyses_entries(Answers((other, row), cells_and_control, (row,)))
    assert isinstance(entries, Entries)
    (entry,) = entries.entries
    assert entry.title == "Broken-stick model, ALSFRS-R (planned primary)"
    told = dict(entry.lines)
    assert told["Estimates"] == "The difference in change of slope. The other rows alike, by arm or rule."
    assert told["Takes for granted"].startswith("Decline in two straight lines that meet at time zero;")
    assert told["Left out"] == "1 to 3 participants, by row."
    assert told["Warnings"] == "Few visits. Singular fit."


def test_what_is_not_there_is_not_told(slope_row, only):
    row = slope_row(method="new_method", estimand=None, not_evaluable=None, planned=False)
    (entry,) = analyses_entries(Answers((row,), only)).entries
    assert entry.title == "New method, ALSFRS-R (exploratory)"
    assert entry.lines == (("Left out", "Not known."),)
    (entry,) = analyses_entries(Answers((replace(row, not_evaluable=0),), only)).entries
    assert entry.lines == (("Left out", "Nobody."),)
    (entry,) = analyses_entries(Answers((replace(row, not_evaluable=1),), only)).entries
    assert entry.lines == (("Left out", "1 participant."),)
    assert analyses_entries(Answers((), only)) is None


def test_many_warnings_are_counted_and_zero_events_are_no_warning(slope_row, only):
    many = slope_row(warnings=tuple(f"warning {k}" for k in range(8)))
    (entry,) = analyses_entries(Answers((many,), only)).entries
    assert dict(entry.lines)["Warnings"].endswith("Warning 5. And 2 more warnings, in the results file.")
    said = (
        "none seen in 7 participants; x",
        "boundary not reached: 1 of 3",
        "the order is that of the calendar",
        UNADJUSTED,
    )
    harm = Result(method="safety", endpoint="adverse_events", warnings=said)
    (entry,) = analyses_entries(Answers((harm,), only)).entries
    assert "Warnings" not in dict(entry.lines)
    assert entry.title == "Adverse events (exploratory)"


def test_what_was_not_planned(slope_row, only):
    planned, added = slope_row(), slope_row(method="cox", planned=False)
    assert not_planned(Answers((planned, added), only), True).text == "Not in the plan, and so exploratory: Cox model."
    assert not_planned(Answers((planned,), only), True).text == "Every analysis here stands in the plan."
    assert not_planned(Answers((added,), only), False).text == (
        "No analysis plan was given: every analysis here is exploratory."
    )


def test_findings_are_counted_worst_first_and_lost_rows_told():
    findings = [
        Finding("no-manifest", "note", "participants", (), "There is no manifest."),
        Finding("score-out-of-range", "error", "assessments", (3,), "A score of 49."),
        Finding("score-out-of-range", "error", "assessments", (4,), "A score of 50."),
        Finding("visit-late", "warning", "assessments", (5,), "Late."),
    ]
    words, table = findings_blocks(findings, [LeftOut("assessments", 2, 90, 0)])
    assert words == Paragraph(
        "Findings of the checks: 2 errors, 1 warning, 1 note. Left out of the analyses: 2 of 90 rows of assessments."
    )
    assert isinstance(table, Table)
    assert table.groups[0].rows == (
        ("score-out-of-range", "error", "assessments", "2", "A score of 49."),
        ("visit-late", "warning", "assessments", "1", "Late."),
        ("no-manifest", "note", "participants", "1", "There is no manifest."),
    )
    assert findings_blocks([], []) == (Paragraph("The checks found nothing to remark in the tables."),)
    assert findings_blocks(findings[:1], [])[0].text.endswith("1 note. No row was left out of the analyses.")


def test_assumed_and_unverified_values_are_told_as_such(phase1, one_arm):
    protocol = phase1.protocol.model_copy(
        update={
            "assumed": (Assumption(field="visits.month 1", reason="Nobody says when."),),
            "provenance": (
                Provenance(field="sites", source="oh-2015", status="memory", note="Ask."),
                Provenance(field="phase", source="oh-2015", status="read"),
                Provenance(field="masking", source="oh-2015", status="secondary"),
            ),
        }
    )
    table, unsure = assumed_blocks(replace(phase1, protocol=protocol))
    assert table.groups[0].rows == (("visits.\u200bmonth 1", "Nobody says when."),)
    assert table.caption.startswith("Assumed")
    assert unsure == Bullets(
        ("sites: from memory, unverified; Ask.", "masking: from a secondary page"),
        "Not verified: values of the protocol that were not seen in their source",
    )
    assert assumed_blocks(one_arm()) == ()
    assert breakable("a_b.c") == "a_\u200bb.\u200bc"


def test_a_doi_becomes_a_link():
    assert reference_of("Cox (1972), Regression, doi:10.1111/j.2517-6161.1972.tb00899.x") == Reference(
        "Cox (1972), Regression.",
        "https://doi.org/10.1111/j.2517-6161.1972.tb00899.x",
        "doi:10.1111/j.2517-6161.1972.tb00899.x",
    )
    odd = reference_of("Newcombe, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.")
    assert odd.url == "https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8%3C873::AID-SIM779%3E3.0.CO%3B2-I"
    assert odd.label == "doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I"
    assert reference_of("Mantel (1966), PMID 5910392") == Reference("Mantel (1966), PMID 5910392", None, None)


def test_references_come_once_with_the_sources_of_the_protocol(phase1, slope_row, one_arm):
    rows = (slope_row(references=("A, doi:10.1/x", "B")), slope_row(references=("B", "C")))
    methods, sources = references(phase1, rows)
    assert [each.text for each in methods.items] == ["A, doi:10.1/x", "B", "C"]
    assert sources.items[0].url == "https://doi.org/10.5966/sctm.2014-0212"
    assert sources.items[1].url == "https://www.clinicaltrials.gov/ct2/show/results/NCT01363401"
    assert references(one_arm(), ()) == ()
    bad = phase1.protocol.sources[1].model_copy(update={"url": "javascript:alert(1)"})
    _, sources = references(replace(phase1, protocol=phase1.protocol.model_copy(update={"sources": (bad,)})), rows)
    assert sources.items[0].url is None


def test_the_commands_that_made_it(phase1, one_arm, two_arms):
    results = analyse_trial(phase1, methods=["safety"])
    assert commands(phase1, results).lines == (
        "leadin simulate hanyang-phase1 -o trial --population pro-act --slowing 0.0 --seed 4 --n cells=8",
        "leadin analyse trial -o report.html --json results.json",
    )
    for name, told in (("hypothetical-waning", "hypothetical-waning"), ("mine", "THERAPY.yaml")):
        made = replace(phase1.manifest, simulation=(("population", "pro-act"), ("therapy", name)))
        assert commands(replace(phase1, manifest=made), results).lines[0] == (
            f"leadin simulate hanyang-phase1 -o trial --population pro-act --therapy {told} "
            f"--seed {phase1.manifest.seed}"
        )
    imported = one_arm()
    assert commands(imported, analyse_trial(imported, methods=["random_slope"])).lines[0] == (
        "leadin import FILES --mapping MAPPING.yaml -o trial"
    )
    plan = Plan(analyses=(PlannedAnalysis(method="safety"),))
    own = replace(phase1, manifest=replace(phase1.manifest, protocol="my-own trial"))
    lines = commands(own, analyse_trial(own, plan=plan)).lines
    assert lines[0].startswith("leadin simulate PROTOCOL.yaml -o trial")
    assert lines[1] == "leadin analyse trial --plan PLAN.yaml -o report.html --json results.json"
    conducted = replace(two_arms(), manifest=Manifest("conducted"))
    assert len(commands(conducted, analyse_trial(conducted, methods=["safety"])).lines) == 1


def test_what_it_was_made_from(phase1, two_arms):
    told = dict(redo_table(phase1, analyse_trial(phase1, methods=["safety"])).groups[0].rows)
    assert told["Data"] == "simulated"
    assert told["Protocol"] == "hanyang-phase1"
    assert told["Seed"] == "4"
    assert told["Simulation, participants in cells"] == "8"
    assert len(told["participants.csv, sha256"]) == 64
    assert len(told["Simulation, population sha256"]) == 64
    assert {"leadin", "Python", "numpy"} <= set(told)
    assert "Reference arm" not in told
    told = dict(
        redo_table(two_arms(), analyse_trial(two_arms(), methods=["safety"], reference="control")).groups[0].rows
    )
    assert told["Reference arm"] == "control"
    assert "Seed" not in told


def test_the_plan_in_words():
    plan = Plan(
        analyses=(
            PlannedAnalysis(method="broken_stick", role="primary"),
            PlannedAnalysis(method="slope_change", measure="fvc_percent"),
            PlannedAnalysis(method="cox", role="exploratory"),
        )
    )
    assert plan_words(plan).text == (
        "Plan, in order: broken-stick model of ALSFRS-R (primary); change of slope of FVC (secondary); Cox model "
        "(exploratory)."
    )
    assert plan_words(None).text == "No analysis plan was given: every method that the tables can carry was run."


def test_every_planned_analysis_has_its_estimand_in_a_table(two_arms):
    composite = IntercurrentEvent(event="death", strategy="composite")
    plan = Plan(
        analyses=(
            PlannedAnalysis(method="random_slope", role="primary", intercurrent_events=(composite,)),
            PlannedAnalysis(method="cox", estimand=Estimand(population="adults")),
        )
    )
    trial = two_arms()
    results = analyse_trial(trial, plan=plan, reference="control")
    table = estimands_table(trial, results, Answers.of(results, report_arms(trial, "control")))
    assert [column.title for column in table.columns] == [
        "Analysis", "Treatment", "Population", "Variable", "Intercurrent events", "Summary"
    ]  # fmt: skip
    first, second = table.groups[0].rows
    assert first[:4] == (
        "Random-slope model, ALSFRS-R (primary)",
        "Arm cells against arm control, as allocated",
        "Everybody in an arm with a visit at or after time zero",
        "ALSFRS-R total at each visit from time zero on",
    )
    assert first[4].startswith("Hypothetical for death (values after it go on as those")
    assert first[4].endswith(
        "and not being dosed. Not as planned: the plan asks 'composite' for death; random_slope cannot do that "
        "(joint_rank, win_ratio and ancova can) and takes 'hypothetical': see the estimand."
    )
    assert first[5] == "Difference between arms in mean slopes"
    assert (second[0], second[2]) == ("Cox model (secondary)", "Adults")
    assert second[4] == "Composite for death; treatment policy for permanent ventilation and not being dosed."


def test_without_a_plan_there_is_no_table_of_estimands_and_one_arm_is_said_to_be_one(one_arm):
    trial = one_arm()
    arms = report_arms(trial, None)
    unplanned = analyse_trial(trial, methods=["random_slope"])
    assert estimands_table(trial, unplanned, Answers.of(unplanned, arms)) is None
    planned = analyse_trial(trial, plan=Plan(analyses=(PlannedAnalysis(method="random_slope"),)))
    table = estimands_table(trial, planned, Answers.of(planned, arms))
    assert table.groups[0].rows[0][1] == "One arm, as allocated"


def test_imputed_rows_take_something_else_for_granted(slope_row, only):
    seen, imputed = (
        slope_row(method="ancova", rule=rule) for rule in ("ANCOVA", "multiple imputation, missing at random")
    )
    both, alone = (
        dict(analyses_entries(Answers(rows, only)).entries[0].lines)["Takes for granted"]
        for rows in ((seen, imputed), (imputed,))
    )
    assert alone.startswith("Where values are imputed: baseline, visits and covariates vary normally together;")
    assert both == f"{ASSUMPTIONS['ancova']} {alone}"
    (entry,) = analyses_entries(Answers((seen,), only)).entries
    assert dict(entry.lines)["Takes for granted"] == ASSUMPTIONS["ancova"]
