import pytest

from structgen.core.masking import mask, mask_command, mask_url

SECRET = "s3cr3t-pass"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://api.example.com/v1", "https://api.example.com/v1"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1"),
        (f"https://ada:{SECRET}@host:8443/v1", "https://***@host:8443/v1"),
        (f"https://{SECRET}@host/v1", "https://***@host/v1"),
        (f"https://ada:{SECRET}/with@slash@host/v1", "https://***@host/v1"),
        (f"https://ada:{SECRET}?mark@host/v1", "https://***@host/v1"),
        (f"https://ada:{SECRET}#mark@host", "https://***@host"),
        (f"https://host/v1?key={SECRET}", "https://host/v1?key=***"),
        (f"https://host/v1?version=2&other={SECRET}#top", "https://host/v1?version=***&other=***#top"),
        (f"https://host/v1?mail=ada@example.com&key={SECRET}", "https://host/v1?mail=***&key=***"),
        (f"socks5://ada:{SECRET}@proxy:1080", "socks5://***@proxy:1080"),
    ],
)
def test_a_url_is_shown_without_its_credentials(url: str, shown: str) -> None:
    assert mask_url(url) == shown


@pytest.mark.parametrize(
    "text",
    [
        f"Cannot connect to https://ada:{SECRET}@host/v1.",
        f'POST "https://{SECRET}@host" failed',
        f"https://host/v1?api_key={SECRET}&v=2: not found",
        f"https://host?v=2&access_token={SECRET} is unknown",
        f"https://host?subscription-key={SECRET}, sorry",
        f"https://host?X-Amz-Signature={SECRET}.",
        f"Authorization: Basic {SECRET}, Accept: */*",
        f"Authorization: Bearer {SECRET}",
    ],
)
def test_credentials_that_nobody_named_are_masked_in_any_text(text: str) -> None:
    assert SECRET not in mask(text)
    assert "***" in mask(text)


@pytest.mark.parametrize(
    "text",
    [
        "Mail ada@example.com, or see https://example.com/a?page=2&monkey=blue.",
        "The keyword is key=1.",
        "a://b, c@d",
        "",
    ],
)
def test_a_text_without_credentials_stays_as_it_is(text: str) -> None:
    assert mask(text) == text


def test_all_credentials_of_a_server_are_masked_the_longest_first() -> None:
    assert mask("abcdefgh12, abcdefgh", ("abcdefgh", "abcdefgh12", "", "x")) == "***, ***"


@pytest.mark.parametrize(
    "command",
    [
        f"structgen extract t.txt --base-url https://ada:{SECRET}@host/v1",
        f"STRUCTGEN_BASE_URL=https://host?key={SECRET} structgen extract",
        f"structgen extract --api-key {SECRET}",
        f"structgen extract --api-key={SECRET}",
    ],
)
def test_a_command_line_is_stored_without_credentials(command: str) -> None:
    assert SECRET not in mask_command(command)


@pytest.mark.parametrize("part", ["://a@", "://", "?key=", "&a_key=x", "Bearer ", "sk-aaaaaa ", "?" + "a-" * 30])
def test_masking_takes_time_in_proportion_to_the_text(part: str) -> None:
    mask(part * 50_000)
    mask_url(f"https://{part * 50_000}")
    mask_command(part * 50_000)
