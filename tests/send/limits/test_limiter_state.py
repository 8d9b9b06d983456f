"""The limiter's arithmetic, step by step."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.records import Usage
from structgen.send.limits import limiter_state as limits
from structgen.send.limits.buckets import SPARE, Bucket, Measure, Sighting
from structgen.send.limits.limiter_state import Grant, Need, State, Wait, acquire, advance, learn, start

FREE = {"rpm": 30, "rpd": 1_000, "tpm": 8_000, "tpd": 200_000}
DEV = {"rpm": 1_000, "tpm": 250_000}
TIERS = {"dev": DEV, "free": FREE}


def untried(most: int = 100, now: float = 0.0, tiers: Any = TIERS) -> State:
    """A limiter that has seen no reply of a server that shows its limits."""
    return start(now, most, tiers)


def fresh(most: int = 100, now: float = 0.0, tiers: Any = TIERS) -> State:
    """A limiter that was shown the limits of the free tier, where the card knows of it."""
    state = untried(most, now, tiers)
    shown = [Sighting(Measure.RPD, 1_000, 0), Sighting(Measure.TPM, 8_000, 0)] if tiers else []
    return limits.replied(state, shown)


def granted(state: State, now: float = 0.0, prompt: float = 100, answer: float = 0) -> tuple[State, Grant]:
    state, answer_ = acquire(state, now, Need(prompt, answer))
    assert isinstance(answer_, Grant), answer_
    return state, answer_


def spent(state: State, now: float = 0.0, prompt: float = 100) -> State:
    """After a call that took all it had reserved."""
    state, grant = granted(state, now, prompt)
    return limits.settle(state, now, grant, Usage(calls=1))


def waiting(state: State, now: float = 0.0, prompt: float = 100) -> Wait:
    _, answer = acquire(state, now, Need(prompt))
    assert isinstance(answer, Wait), answer
    return answer


def used(state: State, measure: Measure) -> float:
    bucket = state.find(measure)
    assert bucket is not None, measure
    return bucket.used(state.time)


def limits_of(state: State) -> dict[str, float]:
    return {bucket.measure: bucket.limit for bucket in state.buckets}


def test_before_the_first_reply_the_smallest_tier_bounds_what_goes_ahead() -> None:
    state = untried()
    assert limits_of(state) == FREE
    for _ in range(3):
        state, _ = granted(state, prompt=2_500)
    assert waiting(state, prompt=2_500) == Wait(None)


def test_a_handful_goes_ahead_where_no_card_knows_a_tier() -> None:
    state = untried(tiers={})
    for _ in range(limits.PROBES):
        state, _ = granted(state)
    assert waiting(state) == Wait(None)


def test_the_first_reply_shows_the_limits_and_lets_the_others_go() -> None:
    state, grant = granted(untried(), prompt=7_000)
    assert waiting(state, prompt=7_000) == Wait(None)
    shown = [Sighting(Measure.RPD, 500_000, 1), Sighting(Measure.TPM, 250_000, 7_000)]
    state = limits.settle(state, 0.0, grant, Usage(7_000, 10, calls=1), shown)
    assert limits_of(state) == {"rpd": 500_000, "tpm": 250_000, "rpm": 1_000}
    for _ in range(30):
        state, _ = granted(state, prompt=7_000)


def test_a_reply_that_shows_only_one_limit_leaves_none_that_was_merely_assumed() -> None:
    state, grant = granted(untried())
    state = limits.settle(state, 0.0, grant, Usage(calls=1), [Sighting(Measure.RPD, 1_000, 1)])
    assert limits_of(state) == {"rpd": 1_000}


def test_a_first_reply_that_shows_no_limit_means_that_there_is_none() -> None:
    state, grant = granted(untried(), prompt=7_000)
    state = limits.settle(state, 0.0, grant, Usage(calls=1))
    assert not state.buckets
    assert state.window == 100


def test_the_wait_for_the_first_reply_is_short() -> None:
    state, _ = granted(untried(), 0.0, prompt=7_000)
    assert waiting(state, limits.PATIENCE - 0.01, prompt=7_000) == Wait(None)
    state, _ = granted(state, limits.PATIENCE, prompt=7_000)
    assert not state.buckets


def test_an_error_without_limits_tells_nothing_about_them() -> None:
    state, grant = granted(untried(), prompt=7_000)
    state = limits.withdraw(state, 0.0, grant)
    assert limits_of(state) == FREE
    state, grant = granted(state, prompt=7_000)
    assert limits_of(limits.lose(state, 0.0, grant)) == FREE


def test_a_window_that_was_narrowed_stays_narrow_when_the_limits_come() -> None:
    state, first = granted(untried(tiers={}))
    state, second = granted(state)
    state = limits.refuse(state, 0.0, first, 0.0)
    state = limits.settle(state, 0.0, second, Usage(calls=1))
    assert state.trial is None
    assert state.window < 3


def test_of_a_server_that_shows_no_limits_none_is_assumed() -> None:
    state = start(0.0, 100, TIERS, shows=False)
    for _ in range(100):
        state, _ = granted(state, prompt=7_000)
    assert waiting(state) == Wait(None)


def test_prompt_and_room_for_the_answer_are_reserved_together() -> None:
    state, grant = granted(fresh(), prompt=100, answer=900)
    assert grant.tokens == 1_000
    assert (used(state, Measure.TPM), used(state, Measure.TPD)) == (1_000, 1_000)
    assert (used(state, Measure.RPM), used(state, Measure.RPD)) == (1, 1)


def test_what_is_used_drains_steadily() -> None:
    state, _ = granted(fresh(), prompt=6_000)
    assert used(advance(state, 15.0), Measure.TPM) == pytest.approx(4_000)
    assert used(advance(state, 3_600.0), Measure.TPM) == 0
    assert used(advance(state, 864.0), Measure.TPD) == pytest.approx(4_000)


def test_a_call_waits_until_its_tokens_fit_and_not_longer() -> None:
    state = spent(fresh(), prompt=7_000)
    wait = waiting(state, prompt=3_000)
    assert wait.why is Measure.TPM
    assert wait.seconds is not None
    assert isinstance(waiting(state, wait.seconds - 0.01, prompt=3_000), Wait)
    granted(state, wait.seconds + 0.001, prompt=3_000)


def test_thirty_calls_a_minute_leave_one_for_every_two_seconds() -> None:
    state, now, sent = fresh(), 0.0, 0
    while now < 600:
        state, answer = acquire(state, now, Need(1))
        if isinstance(answer, Grant):
            sent += 1
        else:
            assert answer.why is Measure.RPM
            now += answer.seconds or 0.0
        state = state._replace(under_way=0)
    assert sent == pytest.approx(29 + 300, abs=1)


def test_a_daily_limit_drains_too() -> None:
    state = learn(fresh(), [Sighting(Measure.TPD, 200_000, 199_900, exact=True)])
    wait = waiting(state, prompt=1_000)
    assert wait.why is Measure.TPD
    assert wait.seconds == pytest.approx((199_900 + 1_000 - 200_000) * 86_400 / 200_000 + SPARE)


def test_what_calls_under_way_may_give_back_is_no_certain_wait() -> None:
    state, grant = granted(fresh(), prompt=100, answer=7_500)
    assert waiting(state, prompt=7_000) == Wait(None, None)
    granted(limits.settle(state, 0.0, grant, Usage(100, 50, calls=1)), prompt=7_000)
    state = limits.settle(state, 0.0, grant, Usage(calls=1))
    assert waiting(state, prompt=7_000).why is Measure.TPM


def test_of_the_waits_the_certain_ones_count_while_calls_are_under_way() -> None:
    state, _ = granted(spent(fresh(), prompt=4_000), prompt=100, answer=3_500)
    certain = waiting(state, prompt=7_000).seconds
    assert certain == pytest.approx((4_000 + 7_000 - 8_000) * 60 / 8_000 + SPARE)


def test_what_never_fits_is_sent_once_the_bucket_is_empty() -> None:
    state = spent(fresh(), prompt=4_000)
    assert waiting(state, prompt=9_000).seconds == pytest.approx(30.0)
    granted(state, 30.001, prompt=9_000)


def test_a_wait_too_short_to_move_a_clock_is_none() -> None:
    assert Bucket.filled(Measure.RPM, 100, 96 + 1e-9, 0.0).wait(0.0, 1) == 0


def test_a_completion_settles_with_what_it_used() -> None:
    state, grant = granted(fresh(), prompt=1_000, answer=3_000)
    state = limits.settle(state, 0.0, grant, Usage(1_200, 300, cached_tokens=200, calls=1))
    assert used(state, Measure.TPM) == pytest.approx(1_300)
    assert used(state, Measure.TPD) == pytest.approx(1_300)
    assert used(state, Measure.RPM) == 1
    assert state.under_way == 0


def test_unknown_usage_stays_reserved() -> None:
    state, grant = granted(fresh(), prompt=1_000, answer=3_000)
    assert used(limits.settle(state, 0.0, grant, Usage(calls=1)), Measure.TPM) == 4_000


def test_the_estimate_of_prompts_follows_what_they_took() -> None:
    state = fresh(tiers={})
    for _ in range(30):
        state, grant = granted(state, prompt=100)
        state = limits.settle(state, 0.0, grant, Usage(150, 10, calls=1))
    assert granted(state, prompt=100, answer=50)[1].tokens == pytest.approx(200, rel=0.01)


def test_a_wild_count_moves_the_estimate_by_a_bounded_step() -> None:
    state, grant = granted(fresh(tiers={}), prompt=1)
    assert limits.settle(state, 0.0, grant, Usage(10**6, 10, calls=1)).ratio <= 1.6


def test_a_header_raises_the_count_where_others_use_the_key() -> None:
    state = learn(fresh(), [Sighting(Measure.TPM, 8_000, 7_000)])
    assert used(state, Measure.TPM) == 7_000
    assert used(learn(state, [Sighting(Measure.TPM, 8_000, 10)]), Measure.TPM) == 7_000


ROOMY = Need(100, 1_000)
BRIEF = Usage(100, 50, calls=1)


def answered(state: State, shown: float, need: Need = ROOMY) -> State:
    """After a call that used 150 tokens of 1,100, alone, and whose headers show so many used."""
    state, grant = acquire(state, state.at, need)
    assert isinstance(grant, Grant)
    return limits.settle(state, state.at, grant, BRIEF, [Sighting(Measure.TPM, 8_000, shown)])


def test_room_that_the_headers_count_is_taken_for_used_unless_the_server_is_seen_to_give_it_back() -> None:
    assert used(answered(fresh(), 1_100), Measure.TPM) == pytest.approx(1_100)
    seen = answered(answered(fresh(), 150), 1_250)
    assert used(seen, Measure.TPM) == pytest.approx(300)
    assert used(answered(seen, 2_000), Measure.TPM) == pytest.approx(2_000 - 950)


def test_a_server_that_gives_room_back_late_is_known_by_the_next_reply() -> None:
    state = answered(fresh(), 1_100)
    assert not state.gives_back
    assert answered(state, 150 + 1_100).gives_back


def test_a_refusal_shakes_the_trust_that_room_is_given_back() -> None:
    state, grant = granted(answered(fresh(), 150))
    assert state.gives_back
    assert not limits.refuse(state, 0.0, grant, 1.0).gives_back


@pytest.mark.parametrize("seen", [Sighting(Measure.RPD, 1_000, 1), Sighting(Measure.TPM, 8_000, 1_100)])
def test_what_the_headers_do_not_say_or_say_otherwise_is_no_sign_of_giving_back(seen: Sighting) -> None:
    state, grant = granted(fresh(), prompt=0, answer=1_100)
    assert not limits.settle(state, 0.0, grant, Usage(0, 50, calls=1), [seen]).gives_back


def test_beside_other_calls_nothing_is_known_of_what_is_given_back() -> None:
    state, _ = granted(fresh())
    assert not answered(state, 150).gives_back


def test_a_reply_that_was_read_late_does_not_count_again_what_was_given_back_meanwhile() -> None:
    state = answered(fresh(), 150)
    state, late = granted(state, prompt=100, answer=1_000)
    state, early = granted(state, prompt=100, answer=1_000)
    state = limits.settle(state, 0.0, early, BRIEF)
    shown = [Sighting(Measure.TPM, 8_000, 150 + 150 + 1_100)]
    assert used(limits.settle(state, 0.0, late, BRIEF, shown), Measure.TPM) == pytest.approx(450)


def test_another_limit_on_tokens_means_another_tier() -> None:
    state, _ = granted(fresh())
    state = learn(state, [Sighting(Measure.TPM, 250_000, 100)])
    assert limits_of(state) == {"rpd": 1_000, "rpm": 1_000, "tpm": 250_000}
    assert used(state, Measure.RPM) == pytest.approx(1)


def test_a_limit_that_is_lowered_midway_is_full_at_most() -> None:
    state = learn(fresh(), [Sighting(Measure.TPM, 60_000, 50_000)])
    state = learn(state, [Sighting(Measure.TPM, 8_000, 2_000)])
    assert used(state, Measure.TPM) == pytest.approx(8_000)
    _, wait = acquire(state, 0.0, Need(1))
    assert isinstance(wait, Wait)
    assert wait.seconds is not None
    assert wait.seconds < 60


def test_of_a_tier_that_no_card_knows_only_what_the_server_shows_is_known() -> None:
    state = learn(fresh(), [Sighting(Measure.TPM, 12_345, 0), Sighting(Measure.RPM, 77, 3)])
    assert limits_of(state) == {"rpd": 1_000, "tpm": 12_345, "rpm": 77}
    assert used(learn(state, [Sighting(Measure.TPM, 12_345, 0)]), Measure.RPM) == pytest.approx(3)


def test_a_refusal_that_names_a_limit_sets_the_count_and_all_wait_for_that_limit() -> None:
    state, grant = granted(fresh(), prompt=3_264)
    state = limits.refuse(state, 0.0, grant, 0.98, [Sighting(Measure.TPM, 8_000, 4_867, exact=True)])
    assert used(state, Measure.TPM) == pytest.approx(4_867)
    assert used(state, Measure.RPM) == 0
    assert state.window == 100
    assert waiting(state, prompt=1) == Wait(0.98, Measure.TPM)
    wait = waiting(state, prompt=3_264).seconds
    assert wait is not None
    assert wait >= 0.9825


def test_a_refusal_that_names_a_limit_and_no_wait_leaves_the_wait_to_arithmetic() -> None:
    state, grant = granted(fresh(), prompt=3_264)
    state = limits.refuse(state, 0.0, grant, None, [Sighting(Measure.TPM, 8_000, 4_867, exact=True)])
    granted(state, prompt=1)


def test_a_server_that_is_overloaded_and_names_no_wait_is_left_alone_for_a_moment() -> None:
    state, grant = granted(fresh(), prompt=10)
    state = limits.refuse(state, 0.0, grant)
    assert waiting(state) == Wait(limits.REST)


def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    state, first = granted(fresh(), prompt=10)
    state, second = granted(state, prompt=10)
    state = limits.refuse(limits.refuse(state, 0.0, first, 5.0), 0.0, second, 1.0)
    assert waiting(state) == Wait(5.0)


def test_a_refusal_that_names_no_limit_pauses_everybody() -> None:
    state, grant = granted(fresh(), prompt=10)
    state = limits.refuse(state, 0.0, grant, 5.0)
    assert waiting(state, 1.0) == Wait(4.0)
    granted(state, 5.0)


def test_a_longer_wait_for_a_limit_outlasts_the_pause() -> None:
    state, grant = granted(fresh())
    state = limits.refuse(state, 0.0, grant, 1.0)
    state = spent(state, 1.0, prompt=7_700)
    assert waiting(state._replace(paused=1.1, window=100), 1.0, prompt=3_000).why is Measure.TPM


def test_calls_under_way_are_bounded() -> None:
    state = fresh(most=2)
    state, first = granted(state)
    state, _ = granted(state)
    assert waiting(state) == Wait(None)
    granted(limits.withdraw(state, 0.0, first))


def test_the_window_narrows_once_for_calls_under_way_together_and_opens_again_slowly() -> None:
    state, grants = fresh(most=8, tiers={}), []
    for _ in range(4):
        state, grant = granted(state)
        grants.append(grant)
    for grant in grants[:3]:
        state = limits.refuse(state, 0.0, grant, 0.0)
    assert state.window == 4 * limits.BACK_OFF
    state, grant = granted(state, limits.REST)
    state = limits.lose(state, limits.REST, grant)
    assert state.window == 2 * limits.BACK_OFF
    state = limits.settle(state, limits.REST, grants[3], Usage(calls=1))
    assert 2.1 < state.window < 2.2
    for _ in range(4):
        state, grant = granted(state, limits.REST)
        state = limits.settle(state, limits.REST, grant, Usage(calls=1))
    assert 3.5 < state.window < 3.7
    for _ in range(200):
        state, grant = granted(state)
        state = limits.settle(state, 0.0, grant, Usage(calls=1))
    assert state.window == 8


def test_the_window_never_closes() -> None:
    state = fresh(tiers={}, most=1)
    for _ in range(5):
        state, grant = granted(state)
        state = limits.lose(state, 0.0, grant)
    assert state.window == 1


def test_a_lost_call_stays_counted_and_a_withdrawn_one_does_not() -> None:
    state, grant = granted(fresh())
    assert used(limits.lose(state, 0.0, grant), Measure.TPM) == 100
    assert used(limits.abandon(state, 0.0, grant), Measure.TPM) == 100
    back = limits.withdraw(state, 0.0, grant)
    assert used(back, Measure.TPM) == used(back, Measure.RPM) == 0
    assert back.under_way == 0


def test_a_clock_that_goes_back_loses_nothing_and_goes_on() -> None:
    state, _ = granted(fresh(now=1_000.0), 1_000.0, prompt=6_000)
    state = advance(state._replace(paused=state.time + 3.0), 10.0)
    assert used(state, Measure.TPM) == pytest.approx(6_000)
    state = advance(state, 11.0)
    assert used(state, Measure.TPM) == pytest.approx(6_000 - 8_000 / 60)
    assert state.paused - state.time == 2.0


def test_a_call_that_waits_while_the_clock_goes_back_waits_no_longer_for_it() -> None:
    state, _ = granted(fresh(now=1_000.0), 1_000.0, prompt=7_000)
    for now in (500.0, 515.0, 530.0):
        state, answer = acquire(state, now, Need(7_000))
        assert isinstance(answer, Wait)
    granted(state, 550.0, prompt=7_000)


MOMENTS = st.floats(-1e5, 1e5, allow_nan=False)
ENDS: dict[str, Callable[[State, float, Grant, int], State]] = {
    "settle": lambda state, now, grant, tokens: limits.settle(state, now, grant, Usage(tokens, 5, calls=1)),
    "refuse": lambda state, now, grant, tokens: limits.refuse(state, now, grant, 1.0),
    "lose": lambda state, now, grant, tokens: limits.lose(state, now, grant),
    "abandon": lambda state, now, grant, tokens: limits.abandon(state, now, grant),
    "withdraw": lambda state, now, grant, tokens: limits.withdraw(state, now, grant),
}
ACTS = st.tuples(MOMENTS, st.sampled_from(["acquire", *ENDS]), st.integers(0, 20_000))


@settings(deadline=None, max_examples=100)
@given(st.lists(ACTS, max_size=40), st.booleans())
def test_whatever_happens_counts_stay_within_bounds(acts: list[tuple[float, str, int]], untold: bool) -> None:
    state, under_way = untried(most=5) if untold else fresh(most=5), []
    for now, act, tokens in acts:
        if act == "acquire":
            state, answer = acquire(state, now, Need(tokens))
            if isinstance(answer, Grant):
                under_way.append(answer)
            else:
                assert answer.seconds is None or 0 < answer.seconds < 2 * 86_400
        elif under_way:
            grant = under_way.pop()
            state = ENDS[act](state, now, grant, tokens)
        assert state.under_way == len(under_way) <= 5
        assert 1 <= state.window <= 5
        assert all(bucket.used(state.time) >= 0 for bucket in state.buckets)


def known(*measures: Measure, limit: float = 1_000) -> State:
    """A limiter that learnt these limits from refusals."""
    return learn(fresh(tiers={}), [Sighting(measure, limit, 0, exact=True) for measure in measures])


def test_input_and_output_tokens_have_limits_of_their_own() -> None:
    state, grant = granted(known(Measure.ITPM, Measure.OTPM, Measure.TPM), prompt=300, answer=200)
    assert [used(state, measure) for measure in (Measure.ITPM, Measure.OTPM, Measure.TPM)] == [300, 200, 500]
    state = limits.settle(state, 0.0, grant, Usage(250, 50, cached_tokens=100, calls=1))
    assert [used(state, measure) for measure in (Measure.ITPM, Measure.OTPM, Measure.TPM)] == pytest.approx(
        [150, 50, 200]
    )


@pytest.mark.parametrize(
    ("measure", "fits", "exceeds"),
    [(Measure.ITPM, Need(100, 5_000), Need(2_000, 1)), (Measure.OTPM, Need(5_000, 100), Need(1, 2_000))],
)
def test_a_call_waits_for_the_limit_of_its_input_or_its_output(measure: Measure, fits: Need, exceeds: Need) -> None:
    state, grant = acquire(known(measure), 0.0, Need(500, 500))
    assert isinstance(grant, Grant)
    assert isinstance(acquire(state, 0.0, fits)[1], Grant)
    state = limits.settle(state, 0.0, grant, Usage(calls=1))
    wait = acquire(state, 0.0, exceeds)[1]
    assert isinstance(wait, Wait)
    assert wait.why is measure
    assert isinstance(acquire(state, 61.0, exceeds)[1], Grant)


def test_a_call_that_was_not_counted_gives_back_input_and_output() -> None:
    before = known(Measure.ITPM, Measure.OTPM)
    state, grant = granted(before, prompt=300, answer=200)
    state = limits.withdraw(state, 0.0, grant)
    assert (used(state, Measure.ITPM), used(state, Measure.OTPM)) == (0, 0)
    assert not state.reserved.tokens


def test_a_limit_without_a_known_name_pauses_all_calls_and_narrows_nothing() -> None:
    state, grant = granted(fresh())
    state = limits.refuse(state, 0.0, grant, 7.0, limited=True)
    assert waiting(state).seconds == pytest.approx(7)
    assert (state.window, state.paused_for) == (100, None)
    state, grant = granted(fresh())
    state = limits.settle(state, 0.0, grant, Usage(10, 10, calls=1), pause=7.0)
    assert waiting(state).seconds == pytest.approx(7)
    assert isinstance(acquire(state, 7.1, Need(1))[1], Grant)
