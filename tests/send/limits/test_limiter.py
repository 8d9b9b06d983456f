"""Which calls share a limiter, and how a lease is taken and ended."""

import asyncio
import contextlib
import gc
import json
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from structgen import Extractor
from structgen.core.errors import ConfigurationError, RateLimited, RequestTooLarge, ServerFailed, TransportError
from structgen.core.records import Card, Completion, Parameters, Request
from structgen.send import Allowance, Sender, open_sender
from structgen.send.http.chat_sender import ChatSender
from structgen.send.limits import limiter as limits_shared
from structgen.send.limits.buckets import Measure
from structgen.send.limits.limiter import forget_limiters, shared_limiter
from structgen.send.limits.limiter_state import State
from structgen.send.mode_fallback import ModeFallback
from structgen.testing import Clock, Emulator, Limits, cut, dropped, error, raw, reply, streamed

CARD = Card("a", limits={"free": {"rpm": 6_000, "tpm": 60_000}})


def test_one_limiter_serves_a_server_key_and_model_as_long_as_somebody_holds_it() -> None:
    first = shared_limiter("https://a", "key", "m", CARD)
    assert shared_limiter("https://a", "key", "m") is first
    assert shared_limiter("https://b", "key", "m") is not first
    assert shared_limiter("https://a", "other", "m") is not first
    assert shared_limiter("https://a", "key", "n") is not first
    held = weakref.ref(first)
    del first
    gc.collect()
    assert held() is None


def test_no_key_is_kept() -> None:
    limiter = shared_limiter("https://a", "gsk_secret", "m")
    assert "gsk_secret" not in f"{list(limits_shared._shared)}{vars(limiter)}"


def test_what_is_forgotten_says_so_to_those_who_hold_it() -> None:
    before = shared_limiter("https://a", "key", "m")
    forget_limiters()
    assert before.forgotten
    assert shared_limiter("https://a", "key", "m") is not before


FORK = """
import os
from structgen.send.sender import Allowance
from structgen.send.http.client import Clients
from structgen.send.limits.limiter import shared_limiter
from structgen.send.limits.limiter_state import Need
from structgen.send.limits.limiter import Place
from structgen.send.http.providers import Endpoint

limiter, clients = shared_limiter("http://a", "key", "model"), Clients(Endpoint("http://a", "key"))
limiter.wait(Place(Need(1)), Allowance())
client = clients.sync()
if (child := os.fork()) == 0:
    anew = shared_limiter("http://a", "key", "model")
    assert limiter.forgotten and anew.state.under_way == 0
    assert clients.sync() is not client and clients.sync() is clients.sync()
    os._exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
assert shared_limiter("http://a", "key", "model") is limiter and not limiter.forgotten
assert clients.sync() is client
"""


def test_the_child_of_a_fork_begins_anew_with_limiters_and_connections_of_its_own() -> None:
    done = subprocess.run([sys.executable, "-c", FORK], capture_output=True, text=True, check=False, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")


TEXT = '{"name": "Ada Lovelace"}'
ONCE = Allowance(transport_retries=0, timeout=60)
MODEL = "openai/gpt-oss-20b"
ROOM = Parameters(max_completion_tokens=1_000)


def state_of(sender: Sender, model: str = MODEL) -> State:
    assert isinstance(sender, ChatSender)
    return sender._limiters[model].state


def used(sender: Sender, measure: Measure) -> float:
    state = state_of(sender)
    bucket = state.find(measure)
    assert bucket is not None, measure
    return bucket.used(state.time)


def came(emulator: Emulator) -> None:
    """Wait until a request has arrived."""
    while not emulator.requests:
        time.sleep(0.005)


async def arrived(sender: Sender, request: Request, allowance: Allowance) -> list[Any]:
    return [piece async for piece in sender.astream(request, allowance)]


WAYS: dict[str, Callable[[Sender, Request, Allowance], Any]] = {
    "send": lambda sender, request, allowance: sender.send(request, allowance),
    "asend": lambda sender, request, allowance: asyncio.run(sender.asend(request, allowance)),
    "stream": lambda sender, request, allowance: list(sender.stream(request, allowance)),
    "astream": lambda sender, request, allowance: asyncio.run(arrived(sender, request, allowance)),
}


@pytest.fixture(params=WAYS)
def ask(request: pytest.FixtureRequest) -> Callable[[Sender, Request, Allowance], Any]:
    return WAYS[request.param]


@pytest.fixture
def limited() -> Iterator[Callable[..., tuple[Emulator, Sender]]]:
    """An emulator with limits, and a sender on it."""
    with contextlib.ExitStack() as stack:

        def opened(limits: Limits | str, clock: Clock | None = None, **more: Any) -> tuple[Emulator, Sender]:
            emulator = stack.enter_context(Emulator(limits=limits, clock=clock, **more))
            sender = open_sender(f"groq/{MODEL}", api_key=emulator.api_key, base_url=emulator.base_url, timeout=60)
            stack.callback(sender.close)
            return emulator, sender

        yield opened


@pytest.mark.parametrize(
    "step",
    [
        reply(TEXT),
        reply("not JSON"),
        error("rate_limit", retry_after=0),
        error("flex_capacity"),
        error("internal"),
        error("over_capacity"),
        error("request_too_large_tpm"),
        raw("{}"),
        dropped(),
        cut(TEXT, share=0.6),
    ],
)
def test_a_call_gives_its_leave_back(
    step: Any, ask: Any, sender: Sender, request_: Request, groq_emulator: Emulator
) -> None:
    groq_emulator.script(step)
    with contextlib.suppress(TransportError):
        ask(sender, request_, ONCE)
    state = state_of(sender)
    assert (state.under_way, state.number) == (0, 1)


@pytest.mark.parametrize("strikes", [KeyboardInterrupt, SystemExit, ZeroDivisionError])
def test_what_strikes_in_the_middle_of_a_call_ends_it_too(
    strikes: type[BaseException],
    ask: Any,
    sender: Sender,
    request_: Request,
    groq_emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def strike(*_: object) -> None:
        raise strikes

    assert isinstance(sender, ChatSender)
    groq_emulator.script(reply(TEXT), repeat_last=True)
    monkeypatch.setattr(sender._clients, "sync", strike)
    monkeypatch.setattr(sender._clients, "of_loop", strike)
    with pytest.raises(strikes):
        ask(sender, request_, ONCE)
    assert state_of(sender).under_way == 0


def test_a_stream_that_is_closed_early_gives_its_leave_back(
    sender: Sender, request_: Request, groq_emulator: Emulator
) -> None:
    groq_emulator.script(reply(TEXT), repeat_last=True)
    with contextlib.closing(sender.stream(request_, ONCE)) as pieces:
        next(pieces)
        assert state_of(sender).under_way == 1
    assert state_of(sender).under_way == 0

    async def look() -> None:
        async with contextlib.aclosing(sender.astream(request_, ONCE)) as arriving:
            await anext(arriving)
            assert state_of(sender).under_way == 1

    asyncio.run(look())
    assert state_of(sender).under_way == 0


def test_a_stream_that_is_never_begun_takes_no_leave(
    sender: Sender, request_: Request, groq_emulator: Emulator
) -> None:
    sender.stream(request_, ONCE).close()
    asyncio.run(sender.astream(request_, ONCE).aclose())
    assert isinstance(sender, ChatSender)
    assert all(limiter.state.number == 0 for limiter in sender._limiters.values() if not limiter.forgotten)


def test_a_call_that_is_cancelled_gives_its_leave_back(
    sender: Sender, request_: Request, groq_emulator: Emulator
) -> None:
    groq_emulator.script(reply(TEXT, delay=2), repeat_last=True)

    async def cancel(call: Any) -> None:
        task = asyncio.ensure_future(call)
        await asyncio.to_thread(came, groq_emulator)
        assert state_of(sender).under_way == 1
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        groq_emulator.requests.clear()

    asyncio.run(cancel(sender.asend(request_, ONCE)))
    asyncio.run(cancel(arrived(sender, request_, ONCE)))
    assert state_of(sender).under_way == 0
    assert state_of(sender).window > 1, "nothing is wrong with the server"


def test_the_limits_in_the_headers_are_learnt(ask: Any, limited: Any, make_request: Callable[..., Request]) -> None:
    _, sender = limited("free")
    ask(sender, make_request(parameters=ROOM), ONCE)
    shown = {bucket.measure: bucket.limit for bucket in state_of(sender).buckets}
    assert shown == {"rpm": 30, "rpd": 1_000, "tpm": 8_000, "tpd": 200_000}
    assert used(sender, Measure.TPM) < 300, "the room that was not used is given back"
    assert used(sender, Measure.RPM) == pytest.approx(1, abs=0.5)


def test_a_stream_shows_the_limits_as_soon_as_it_opens(limited: Any, make_request: Callable[..., Request]) -> None:
    _, sender = limited("free")
    with contextlib.closing(sender.stream(make_request(parameters=ROOM), ONCE)) as pieces:
        next(pieces)
        assert state_of(sender).trial is None
        assert used(sender, Measure.TPM) > 900
    assert used(sender, Measure.TPM) > 900, "nobody knows what a stream took that was closed"


def test_a_stream_that_breaks_off_stays_reserved(limited: Any, make_request: Callable[..., Request]) -> None:
    emulator, sender = limited("free")
    emulator.script(streamed(TEXT, share=0.6, error=error("internal")))
    list(sender.stream(make_request(parameters=ROOM), ONCE))
    assert used(sender, Measure.TPM) > 900
    assert state_of(sender).under_way == 0


def test_a_burst_on_a_cold_limiter_meets_no_refusal(limited: Any, make_request: Callable[..., Request]) -> None:
    emulator, sender = limited(Limits(rpm=1_000, rpd=500_000, tpm=250_000), latency=0.5)
    request = make_request(parameters=Parameters(max_completion_tokens=2_500))

    async def burst() -> list[Completion]:
        return await asyncio.gather(*(sender.asend(request, ONCE) for _ in range(60)))

    began = time.monotonic()
    assert len(asyncio.run(burst())) == 60
    assert time.monotonic() - began < 30  # what they would take one after the other
    assert len(emulator.requests) == 60


def test_of_a_burst_those_wait_that_do_not_fit(limited: Any, make_request: Callable[..., Request]) -> None:
    # a limit of a day, because it gives back nothing during the test, however slow the machine is
    emulator, sender = limited(Limits(rpm=1_000, rpd=30, tpm=250_000), latency=0.05)
    request = make_request(parameters=Parameters(max_completion_tokens=2_500))
    hurried = Allowance(transport_retries=0, deadline=time.monotonic() + 300)

    def one(_: int) -> bool:
        with contextlib.suppress(RateLimited):
            return bool(sender.send(request, hurried))
        return False

    with ThreadPoolExecutor(60) as pool:
        served = sum(pool.map(one, range(60)))
    assert 28 <= served <= 30
    assert len(emulator.requests) == served, "no call ran into a refusal"


def test_a_wait_that_does_not_fit_is_an_error_at_once(limited: Any, make_request: Callable[..., Request]) -> None:
    emulator, sender = limited(Limits(rpd=1_000, tpm=8_000, tpd=200_000))
    emulator.script(error("rate_limit_tpd", retry_after=415), repeat_last=True)
    began = time.monotonic()
    with pytest.raises(RateLimited, match="more than the time left"):
        sender.send(make_request(), Allowance(deadline=began + 300))
    with pytest.raises(RateLimited, match=r"wait \d{3} s for the limit of .* tokens a day") as caught:
        sender.send(make_request(), Allowance(deadline=began + 300))
    passed = time.monotonic() - began
    assert 414 - passed < caught.value.wait < 416
    assert passed < 100
    assert len(emulator.requests) == 1, "the second call did not run into the limit"


@pytest.mark.parametrize("name", ["rate_limit", "flex_capacity", "over_capacity"])
def test_after_a_refusal_all_calls_of_the_key_wait_and_the_refused_one_waits_once(
    name: str, sender: Sender, request_: Request, groq_emulator: Emulator
) -> None:
    groq_emulator.script(error(name, retry_after=0.6), reply(TEXT), repeat_last=True)
    ended: dict[str, float] = {}
    began = time.monotonic()

    def call(who: str) -> None:
        sender.send(request_, Allowance(timeout=60))
        ended[who] = time.monotonic() - began

    refused = threading.Thread(target=call, args=("refused",))
    refused.start()
    came(groq_emulator)
    time.sleep(0.1)
    call("other")
    refused.join()
    assert len(groq_emulator.requests) == 3
    assert all(0.6 <= seconds < 1.1 for seconds in ended.values()), ended


def test_a_call_beyond_the_whole_limit_is_judged_by_the_server(
    limited: Any, make_request: Callable[..., Request]
) -> None:
    emulator, sender = limited("free")
    sender.send(make_request(), ONCE)
    with pytest.raises(RequestTooLarge):
        sender.send(make_request(parameters=Parameters(max_completion_tokens=9_000)), ONCE)
    assert len(emulator.requests) == 2
    assert used(sender, Measure.TPM) < 300


@pytest.fixture
def elsewhere(groq_emulator: Emulator) -> Iterator[ChatSender]:
    """A compatible server, which shows its limits in headers of its own, or not at all."""
    base_url = f"{groq_emulator.base_url}/openai/v1"
    opened = open_sender(f"compatible/{MODEL}", api_key=groq_emulator.api_key, base_url=base_url)
    assert isinstance(opened, ModeFallback)
    yield opened.sender
    opened.close()


def test_another_server_is_asked_at_full_width_and_its_headers_are_left_alone(
    elsewhere: ChatSender, make_request: Callable[..., Request], groq_emulator: Emulator
) -> None:
    body = '{"choices": [{"message": {"content": "{}"}, "finish_reason": "stop"}]}'
    groq_emulator.script(raw(body, headers={"x-ratelimit-limit-tokens": "1"}), repeat_last=True)
    request = make_request(provider="compatible")
    elsewhere.send(request, ONCE)
    assert state_of(elsewhere).buckets == ()
    assert state_of(elsewhere).window > 1_000


def test_another_server_that_is_overloaded_gets_fewer_calls_and_a_pause(
    elsewhere: ChatSender, make_request: Callable[..., Request], groq_emulator: Emulator
) -> None:
    groq_emulator.script(error("over_capacity"))
    request = make_request(provider="compatible")
    with pytest.raises(ServerFailed):
        elsewhere.send(request, ONCE)
    assert state_of(elsewhere).window == 1
    began = time.monotonic()
    elsewhere.send(request, ONCE)
    assert time.monotonic() - began > 0.3


def test_limiters_that_were_forgotten_are_not_asked_again(
    sender: Sender, request_: Request, groq_emulator: Emulator
) -> None:
    from structgen.send.limits.limiter import forget_limiters

    groq_emulator.script(error("rate_limit", retry_after=60), reply(TEXT))
    with pytest.raises(RateLimited):
        sender.send(request_, ONCE)
    forget_limiters()
    sender.send(request_, ONCE)


def test_two_senders_of_one_key_share_what_they_learn(request_: Request, groq_emulator: Emulator) -> None:
    groq_emulator.script(error("rate_limit", retry_after=60))
    opening = partial(open_sender, f"groq/{MODEL}", timeout=60)
    with contextlib.closing(opening()) as one, contextlib.closing(opening()) as other:
        with pytest.raises(RateLimited):
            one.send(request_, ONCE)
        with pytest.raises(RateLimited, match="would have to wait"):
            other.send(request_, Allowance(deadline=time.monotonic() + 5))
    assert len(groq_emulator.requests) == 1


def test_two_keys_of_one_group_share_what_they_learn_and_others_do_not(
    request_: Request, groq_emulator: Emulator
) -> None:
    groq_emulator.script(error("rate_limit", retry_after=60))
    opening = partial(open_sender, f"groq/{MODEL}", timeout=60)
    with (
        contextlib.closing(opening(limit_group="ours")) as one,
        contextlib.closing(opening(api_key="gsk_another_key", limit_group="ours")) as other,
        contextlib.closing(opening(limit_group="theirs")) as theirs,
    ):
        with pytest.raises(RateLimited):
            one.send(request_, ONCE)
        with pytest.raises(RateLimited, match="would have to wait"):
            other.send(request_, Allowance(deadline=time.monotonic() + 5))
        theirs.send(request_, ONCE)
    assert len(groq_emulator.requests) == 2


def refusal(name: str) -> Any:
    words = f"Rate limit reached on what is counted ({name}): Limit 100, Used 90, Requested 20. "
    return error("rate_limit", retry_after=60, message=f"{words}Please try again in 60s.")


@pytest.mark.parametrize("name", ["ITPM", "OTPM", "XYZ", "a new kind"])
def test_any_limit_that_a_refusal_names_is_waited_for(
    name: str, ask: Any, sender: Sender, request_: Request, groq_emulator: Emulator
) -> None:
    groq_emulator.script(refusal(name))
    with pytest.raises(RateLimited) as caught:
        ask(sender, request_, ONCE)
    assert caught.value.wait == 60
    with pytest.raises(RateLimited, match="would have to wait"):
        ask(sender, request_, Allowance(deadline=time.monotonic() + 5))
    assert state_of(sender).window > 1
    assert len(groq_emulator.requests) == 1


def test_a_used_up_limit_of_an_unknown_name_in_the_headers_is_waited_for(
    ask: Any, sender: Sender, request_: Request, groq_emulator: Emulator
) -> None:
    answer = json.dumps({"choices": [{"message": {"content": TEXT}, "finish_reason": "stop"}]})
    headers = {"x-ratelimit-remaining-input-tokens": "0", "x-ratelimit-reset-input-tokens": "1m"}
    groq_emulator.script(raw(answer, headers=headers))
    sender.send(request_, ONCE)
    with pytest.raises(RateLimited, match="would have to wait"):
        ask(sender, request_, Allowance(deadline=time.monotonic() + 5))


@pytest.mark.parametrize("group", ["", "  ", 7])
def test_the_name_of_a_group_is_checked(group: Any) -> None:
    with pytest.raises(ConfigurationError, match="limit_group"):
        Extractor(f"groq/{MODEL}", api_key="gsk_12345678", limit_group=group)
