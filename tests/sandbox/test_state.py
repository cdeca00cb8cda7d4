"""What the sandbox keeps in memory stays small and counts rightly."""

from npdsandbox.journal import LONGEST, Entry, Journal, masked
from npdsandbox.state import RateWindow


def test_the_journal_keeps_the_last_entries_only() -> None:
    journal = Journal()
    for count in range(LONGEST + 5):
        journal.write(Entry(MaYeuCau=str(count)))
    assert len(journal.last()) == LONGEST
    assert journal.last()[0].MaYeuCau == "5"
    assert [entry.MaYeuCau for entry in journal.last(2)] == [str(LONGEST + 3), str(LONGEST + 4)]
    assert journal.last(0) == []
    assert journal.total == LONGEST + 5


def test_a_masked_number_shows_its_ends_only() -> None:
    assert masked("999085000001") == "999******001"
    assert masked("999000001") == "99*****01"
    assert masked("1234") == "****"
    assert masked("") == ""


def test_a_client_may_call_again_when_its_minute_is_over() -> None:
    now = [1000.0]
    window = RateWindow(clock=lambda: now[0])
    assert [window.seconds_to_wait("a", 2) for _ in range(3)] == [0, 0, 60]
    assert window.seconds_to_wait("b", 2) == 0
    now[0] += 59
    assert window.seconds_to_wait("a", 2) == 1
    now[0] += 1
    assert window.seconds_to_wait("a", 2) == 0
