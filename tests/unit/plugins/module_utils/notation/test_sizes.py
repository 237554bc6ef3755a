# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sizes, both ways."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.stevedore.docker.plugins.module_utils._notation.sizes import (
    format_readable_binary_size,
    format_readable_size,
    format_size,
    parse_size,
)
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("value", "size"),
    [
        (512, 512),
        ("512", 512),
        ("512m", 512 << 20),
        ("1.5g", 3 << 29),
        ("64MiB", 64 << 20),
        ("1 kB", 1024),
        ("2T", 2 << 40),
    ],
)
def test_units_are_binary(value: t.Any, size: int) -> None:
    assert parse_size(value) == size


def test_units_of_logs_are_decimal() -> None:
    assert parse_size("30m", 1000) == 30_000_000


@pytest.mark.parametrize("value", ["", "m", "-1", "1 x", "1,5g", "9" * 400, None])
def test_no_size(value: t.Any) -> None:
    with pytest.raises(ValueError, match="not a size"):
        parse_size(value)


@given(st.integers(0, 1 << 60))
def test_the_shortest_form_is_exact(size: int) -> None:
    assert parse_size(format_size(size)) == size or size > 1 << 53


@pytest.mark.parametrize(("size", "text"), [(0, "0B"), (999, "999B"), (1_500_000, "1.5MB"), (2 * 10**12, "2TB")])
def test_readable(size: int, text: str) -> None:
    assert format_readable_size(size) == text


def test_readable_in_binary_units() -> None:
    assert format_readable_binary_size(25_275_000_000) == "23.54GiB"
