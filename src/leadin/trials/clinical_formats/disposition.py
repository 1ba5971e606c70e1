"""Terms of CDISC for what became of a participant, and the kinds of event that leadin knows."""

from __future__ import annotations

import polars as pl

WORDS = {
    "screened": "SCREENED",
    "screen_failure": "SCREEN FAILURE",
    "enrolled": "ENROLLED",
    "randomised": "RANDOMIZED",
    "not_dosed": "NOT DOSED",
    "death": "DEATH",
    "tracheostomy": "TRACHEOSTOMY",
    "permanent_ventilation": "PERMANENT VENTILATION",
    "non_invasive_ventilation": "NON-INVASIVE VENTILATION",
    "gastrostomy": "GASTROSTOMY",
    "other_therapy": "OTHER THERAPY",
    "withdrawal": "WITHDRAWAL BY SUBJECT",
    "lost_to_follow_up": "LOST TO FOLLOW-UP",
    "end_of_follow_up": "COMPLETED",
}
"""What each kind of event is written as (DSDECOD). Those that no code list of CDISC has are extensions of it."""

OTHER_WORDS = {
    "INFORMED CONSENT OBTAINED": "screened",
    "RANDOMISED": "randomised",
    "ENTERED INTO TRIAL": "enrolled",
    "STUDY TERMINATED BY SPONSOR": "end_of_follow_up",
    "STUDY TERMINATED BY SPONSER": "end_of_follow_up",
    "SITE TERMINATED BY SPONSOR": "end_of_follow_up",
}
"""Further terms that are read as a kind. Any other end of taking part is a withdrawal, its term kept beside it."""

MILESTONES = ("screened", "enrolled", "randomised")
OTHER_EVENTS = (
    "not_dosed",
    "tracheostomy",
    "permanent_ventilation",
    "non_invasive_ventilation",
    "gastrostomy",
    "other_therapy",
)
_KINDS = {**{word: kind for kind, word in WORDS.items()}, **OTHER_WORDS}
TREATMENT = "STUDY TREATMENT"
"""The subcategory of ends of treatment: nobody's follow-up ends with it, so it is no event of ours."""


def kind_of_word(word: str | None) -> str | None:
    """The kind of event that a term of disposition (DSDECOD, DCDECOD, DCSREAS) says; None for none that is known."""
    return None if word is None else _KINDS.get(word.strip().upper())


def end_kind(status: str | None, reason: str | None) -> str | None:
    """The kind of event that ends taking part, by status (COMPLETED, DISCONTINUED, ONGOING) and reason; None where
    nothing ended. Reasons that are no kind of their own are withdrawals.
    """
    known = kind_of_word(reason)
    if known is not None and known not in MILESTONES:
        return known
    if (status or "").upper() == "COMPLETED":
        return "end_of_follow_up"
    return "withdrawal" if reason is not None or (status or "").upper() == "DISCONTINUED" else None


def kind_of(rows: pl.DataFrame, name: str) -> pl.Series:
    """The kind of event of each row of DS; null for ends of treatment and for milestones that leadin does not know."""
    kinds = []
    for row in rows.select(pl.col(name, *_columns(rows)).cast(pl.String)).iter_rows(named=True):
        category, sub = (row.get("DSCAT") or "").upper(), (row.get("DSSCAT") or "").upper()
        kind = kind_of_word(row[name])
        if sub == TREATMENT or row[name] is None:
            kind = None
        elif kind is None and category in ("", "DISPOSITION EVENT"):
            kind = "withdrawal"
        kinds.append(kind)
    return pl.Series(name, kinds, dtype=pl.String)


def _columns(rows: pl.DataFrame) -> list[str]:
    return [name for name in ("DSCAT", "DSSCAT") if name in rows.columns]


def detail_of(rows: pl.DataFrame, name: str) -> pl.Series:
    """What DS says beside its standard term: the term as reported, where it is another one."""
    told = rows[name].cast(pl.String)
    if "DSDECOD" in rows.columns:
        word = rows["DSDECOD"].cast(pl.String).fill_null("")
        told = pl.select(pl.when(pl.lit(told) != word).then(told)).to_series()
    return told.alias(name)


def word_of(kinds: pl.Series) -> pl.Series:
    """The term that each kind of event is written as; kinds that leadin does not know as they are."""
    return kinds.replace(WORDS)


def term_of(events: pl.DataFrame, column: str) -> pl.Series:
    """The term as reported (DSTERM): the detail, else the standard term again."""
    return pl.select(pl.coalesce(pl.lit(events[column]), pl.lit(word_of(events["kind"])))).to_series()


def category_of(kinds: pl.Series) -> pl.Series:
    """The category (DSCAT) of each kind of event."""
    groups = dict.fromkeys(WORDS, "DISPOSITION EVENT")
    groups |= dict.fromkeys(MILESTONES, "PROTOCOL MILESTONE") | dict.fromkeys(OTHER_EVENTS, "OTHER EVENT")
    return kinds.replace_strict(groups, default="OTHER EVENT", return_dtype=pl.String)
