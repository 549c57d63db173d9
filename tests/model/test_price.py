"""What tokens cost: as set, as known, as shown."""

from __future__ import annotations

import pytest

from llm_kernel.errors import SettingError
from llm_kernel.model.price import FREE, Price, known_host, known_price, money, read_price
from llm_kernel.model.request import Usage


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("", None),
        ("0.15/0.60", Price(0.15, 0.15, 0.6)),
        (" 2 / 8 / 0.5 ", Price(2.0, 0.5, 8.0)),
        ("0/0", FREE),
    ],
)
def test_a_price_is_read_as_people_write_it(text: str, price: Price | None) -> None:
    assert read_price(text) == price


@pytest.mark.parametrize("text", ["1", "a/b", "1/2/3/4", "-1/2", "1e3/2", "inf/1", "nan/nan", "1/", "$1/$2", "１/２"])
def test_what_is_no_price_is_said_to_be_none(text: str) -> None:
    with pytest.raises(SettingError, match="LLM_KERNEL_PRICE is"):
        read_price(text)


@pytest.mark.parametrize("price", [Price(0.15, 0.15, 0.6), Price(2.0, 0.5, 8.0), FREE])
def test_a_price_is_written_as_it_is_read(price: Price) -> None:
    assert read_price(str(price)) == price


def test_cached_tokens_have_their_own_price() -> None:
    assert Price(2.0, 0.5, 8.0).of(Usage(1_000_000, 400_000, 100_000)) == pytest.approx(1.2 + 0.2 + 0.8)


def test_an_endpoint_that_counts_more_cached_than_sent_costs_no_less_than_the_cached() -> None:
    assert Price(2.0, 0.5, 8.0).of(Usage(1_000_000, 9_000_000, 0)) == 0.5


@pytest.mark.parametrize("name", ["gpt-4o-mini", "gpt-4o-mini-2024-07-18", "GPT-4o-mini"])
def test_a_known_model_is_found_with_a_date_behind_it(name: str) -> None:
    assert known_price("", name) == known_price("https://api.openai.com/v1", "gpt-4o-mini") == Price(0.15, 0.075, 0.6)


@pytest.mark.parametrize(
    ("endpoint", "name"),
    [
        ("", "gpt-4o-mini-of-mine"),
        ("", ""),
        ("http://127.0.0.1:11434/v1", "gpt-4o-mini"),
        ("https://api.openai.com.example.org/v1", "gpt-4o-mini"),
        ("https://api.mistral.ai/v1", "gpt-4o-mini"),
        ("no address", "gpt-4o-mini"),
    ],
)
def test_a_name_at_another_host_has_no_known_price(endpoint: str, name: str) -> None:
    assert known_price(endpoint, name) is None


def test_a_host_without_prices_is_not_named() -> None:
    assert (known_host(""), known_host("https://llm.example.org/v1")) == ("api.openai.com", "")


@pytest.mark.parametrize(
    ("usd", "text"),
    [
        (0.0, "0 USD"),
        (12.5, "12.50 USD"),
        (0.1234567, "0.12 USD"),
        (0.012345, "0.012 USD"),
        (0.00000123, "0.000001 USD"),
    ],
)
def test_money_shows_two_digits_that_say_something(usd: float, text: str) -> None:
    assert money(usd) == text
