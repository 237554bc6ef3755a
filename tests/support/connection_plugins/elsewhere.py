# Copyright (c) 2026, the stevedore.docker authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""This machine as a host that is not the control node: what is carried over goes through temporary files."""

from __future__ import annotations

from ansible.plugins.connection.local import Connection as LocalConnection

DOCUMENTATION = r"""
name: elsewhere
short_description: This machine as another host
description: For tests alone.
author: the stevedore.docker authors
extends_documentation_fragment: [connection_pipelining]
options: {}
"""


class Connection(LocalConnection):
    transport = "elsewhere"
