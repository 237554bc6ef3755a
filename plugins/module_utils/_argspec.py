# SPDX-License-Identifier: GPL-3.0-or-later

"""An argument spec that can be merged and carries its rules."""

from __future__ import annotations

import typing as t

Rule = t.Tuple[t.Any, ...]


class ArgSpec(t.NamedTuple):
    """Options and the rules between them, in the words of ``AnsibleModule``."""

    options: t.Mapping[str, t.Mapping[str, t.Any]] = {}
    mutually_exclusive: tuple[Rule, ...] = ()
    required_together: tuple[Rule, ...] = ()
    required_one_of: tuple[Rule, ...] = ()
    required_if: tuple[Rule, ...] = ()
    required_by: t.Mapping[str, Rule] = {}

    def merge(self, *others: ArgSpec) -> ArgSpec:
        """All parts as one spec.

        :raises ValueError: two parts define the same option.
        """
        merged = self
        for other in others:
            twice = set(merged.options) & set(other.options)
            if twice:
                raise ValueError(f"options defined twice: {', '.join(sorted(twice))}")
            merged = ArgSpec(
                options={**merged.options, **other.options},
                mutually_exclusive=merged.mutually_exclusive + other.mutually_exclusive,
                required_together=merged.required_together + other.required_together,
                required_one_of=merged.required_one_of + other.required_one_of,
                required_if=merged.required_if + other.required_if,
                required_by={**merged.required_by, **other.required_by},
            )
        return merged

    def rules(self) -> dict[str, t.Any]:
        """The rules alone, for ``ArgumentSpecValidator`` and ``AnsibleModule``."""
        return {
            "mutually_exclusive": list(self.mutually_exclusive),
            "required_together": list(self.required_together),
            "required_one_of": list(self.required_one_of),
            "required_if": list(self.required_if),
            "required_by": dict(self.required_by),
        }

    def arguments(self) -> dict[str, t.Any]:
        """Keyword arguments for ``AnsibleModule``."""
        return {"argument_spec": {name: dict(entry) for name, entry in self.options.items()}, **self.rules()}
