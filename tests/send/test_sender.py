import time

from structgen.send import Allowance


def test_without_a_deadline_a_try_may_take_the_senders_timeout() -> None:
    assert Allowance().attempt_timeout(60.0) == 60.0


def test_an_allowances_own_timeout_counts_before_the_senders() -> None:
    assert Allowance(timeout=2.0).attempt_timeout(60.0) == 2.0


def test_no_try_goes_beyond_the_deadline() -> None:
    assert 1.0 < Allowance(deadline=time.monotonic() + 3).attempt_timeout(60.0) <= 3.0


def test_after_the_deadline_a_try_gets_next_to_nothing_but_never_less_than_zero() -> None:
    assert 0 < Allowance(deadline=time.monotonic() - 10).attempt_timeout(60.0) < 0.01


def test_a_wait_that_ends_after_the_deadline_is_not_afforded() -> None:
    allowance = Allowance(deadline=time.monotonic() + 10)
    assert allowance.has_time_for(5)
    assert not allowance.has_time_for(11)
    assert Allowance().has_time_for(1e9)
