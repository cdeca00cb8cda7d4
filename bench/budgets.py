"""What each figure means, and what is wanted of it."""

from __future__ import annotations

from typing import Final, NamedTuple


class Figure(NamedTuple):
    """One figure of the result file.

    ``most`` is a budget: more is a miss. ``least`` is a goal: less is one. Neither: it is told to be compared.
    """

    key: str
    meaning: str
    most: float | None = None
    least: float | None = None

    def is_met(self, value: float) -> bool | None:
        """Say whether a value is within what is wanted; None when nothing is."""
        if self.most is not None:
            return value <= self.most
        return None if self.least is None else value >= self.least

    @property
    def wanted(self) -> str:
        """Return what is wanted, in signs; an empty text when nothing is."""
        if self.most is not None:
            return f"≤ {self.most:,}" if self.most else "0"
        if self.least is True:
            return "yes"
        return "" if self.least is None else f"≥ {self.least:,}"


# By part of the result file, in the order in which they are told; the first part is its top level.
FIGURES: Final[dict[str, tuple[Figure, ...]]] = {
    "speed": (
        Figure(
            "added_p95_ms_at_50",
            "time added over the register's own at 50 checks a second, 95th percentile",
            60,
        ),
        Figure("added_p99_ms_at_50", "the same, 99th percentile"),
        Figure("check_cpu_ms_at_50", "the product's processor time a check meanwhile"),
        Figure(
            "checks_per_second",
            "the highest rate whose added p95 stays under 60 ms for 20 s (a goal)",
            least=200,
        ),
        Figure("added_p95_ms", "the added p95 while that rate was held", 60),
        Figure("page_cpu_ms_max", "the dearest page of the three journeys that only shows something", 8),
        Figure("page_queries_max", "the most queries of such a page", 6),
        Figure("press_cpu_ms_max", "the dearest button that writes"),
        Figure("press_queries_max", "the most queries of such a button"),
        Figure("filing_cpu_ms", "a whole filing, from the procedure's page to the code", 120),
        Figure("worker_rss_mb", "the largest worker after the highest rate was searched for", 110),
        Figure("hung_first_ms", "the first answer when the register hangs", 8000),
        Figure("hung_next_ms", "the next ones, once the line is shut", 50),
        Figure("silent_pages_p95_before_ms", "catalogue and queue under 20 checks a second, p95"),
        Figure("silent_pages_p95_during_ms", "the same from the moment at which the register falls silent"),
        Figure("silent_pages_p95_more_percent", "how much more that is, in percent", 20),
        Figure(
            "drain_per_second",
            "10,000 queued later checks, 20 a second allowed, by the web workers themselves",
        ),
        Figure(
            "drain_is_each_asked_once",
            "the register heard one question a ticket, and each has its record",
            least=True,
        ),
        Figure("drain_left", "what is left of them after a quarter of an hour", 0),
        Figure("drain_pages_p95_before_ms", "catalogue and queue before (same rows, nothing due), p95"),
        Figure("drain_pages_p95_during_ms", "the same while they are made"),
        Figure("drain_pages_p95_more_percent", "how much more that is, in percent", 20),
        Figure(
            "drain_apart_per_second",
            "the same by `motcua work` beside web workers that make none, 500 tickets",
        ),
        Figure("drain_apart_pages_p95_more_percent", "how much longer pages take meanwhile, in percent", 20),
    ),
    "full": (
        Figure("full_p95_ms", "the slowest list, search or count over full tables", 100),
        Figure(
            "full_times_ten_thousand",
            "the largest ratio of a page's p95 to that over ten thousand of each",
            1.3,
        ),
        Figure("full_cpu_ms", "the dearest of officials' and citizens' pages, processor time", 8),
        Figure("full_queries", "the most queries of one of them", 6),
        Figure("full_admin_cpu_ms", "the dearest page under `/quan-tri/`, which are the framework's"),
        Figure("full_worker_rss_mb", "the largest worker after all these pages", 110),
        Figure("figures_month_p95_ms", "the figures of the largest unit, a month", 300),
        Figure("figures_year_p95_ms", "the same, a year", 1000),
        Figure("burst_requests", "requests in a minute of ten times a busy hour"),
        Figure("burst_answered", "of them answered"),
        Figure("burst_told_to_wait", "of them told to wait (503 with Retry-After)"),
        Figure("burst_errors", "of them wrong", 0),
        Figure("burst_p95_ms", "what was answered took, p95"),
        Figure("burst_normal_after_s", "seconds until pages are as before", 5),
    ),
    "walks": (
        Figure("walk_desk_seconds", "a walk-in with a scanned card, from the empty form to the receipt", 30),
        Figure("walk_desk_keys", "keys that takes"),
        Figure("walk_desk_mouse", "uses of the mouse", 0),
        Figure(
            "walk_phone_seconds", "a citizen's simplest procedure on a telephone, to the dossier's code", 120
        ),
        Figure("walk_phone_taps", "taps that takes"),
    ),
    "lighthouse": (
        Figure(
            "lighthouse_lowest", "the lowest column of portal, filing, dossiers, desk and queue", least=95
        ),
    ),
    "kills": (
        Figure("rounds", "processes killed at random moments under load"),
        Figure("questions", "questions that the register heard meanwhile"),
        Figure("lost", "receipts shown for dossiers that are not there", 0),
        Figure("received_twice", "people with two dossiers, though officers pressed one form", 0),
        Figure("codes_missing_or_doubled", "numbers of the day's row that no dossier has, or two", 0),
        Figure("unrecorded", "questions that the register heard and that have no record", 0),
        Figure(
            "asked_twice_unnoticed",
            "questions heard twice; later checks that neither follow an *unanswered* nor name what they repeat",
            0,
        ),
        Figure("fates_unknown", "intents without an outcome"),
        Figure("repeats_told", "of them asked again by a check that names the first"),
    ),
    "sealing": (
        Figure("seal_million_seconds", "a million audit events sealed in batches of 1,000", 60),
        Figure(
            "verify_million_seconds", "the same compared one by one with their leaves, roots and heads", 60
        ),
    ),
    "uniform": (
        Figure("uniform_padded_median_ms", "a no at registration, median"),
        Figure(
            "uniform_padded_medians_apart_ms", "how far a number that nobody has is from another's name", 5
        ),
        Figure("uniform_padded_rank_test_p", "p of a rank test of the two", least=0.05),
        Figure("uniform_bare_median_ms", "the same without the waiting, median"),
        Figure("uniform_bare_medians_apart_ms", "how far they are then"),
    ),
    "slips": (
        Figure("slip_first_ms", "the first slip of a process", 300),
        Figure("slip_p50_ms", "one slip as PDF, median"),
        Figure("slip_p99_ms", "the same, 99th percentile", 300),
        Figure("slip_cpu_ms", "its processor time"),
        Figure("book_10000_seconds", "the register 07 of 10,000 lines, in parts"),
    ),
}
