# SPDX-License-Identifier: GPL-3.0-or-later

"""The one place that knows ``AnsibleModule``: it makes a :class:`Task`, runs it, and turns its errors into failures."""

from __future__ import annotations

import os
import typing as t

from ansible.module_utils.basic import AnsibleModule, env_fallback

from ._argspec import ArgSpec
from ._engine.client import Daemon
from ._engine.connection import Connection
from ._errors import InvalidInput, StevedoreError
from ._notation import unquoted, urls
from ._redaction import redact, redact_text
from ._task import Task
from ._types import Json

# Options whose value is an address. ``no_log`` keeps one with a query out of the log of the host.
ADDRESSES = ("docker_host", "url")

CONNECTION = ArgSpec(
    options={
        "api_version": {
            "type": "str",
            "default": "auto",
            "fallback": (env_fallback, ["DOCKER_API_VERSION"]),
            "aliases": ["docker_api_version"],
        },
        "ca_path": {"type": "path", "aliases": ["ca_cert", "tls_ca_cert", "cacert_path"]},
        "client_cert": {"type": "path", "aliases": ["tls_client_cert", "cert_path"]},
        "client_key": {"type": "path", "aliases": ["tls_client_key", "key_path"]},
        "docker_host": {
            "type": "str",
            "default": "unix:///var/run/docker.sock",
            "fallback": (env_fallback, ["DOCKER_HOST"]),
            "aliases": ["docker_url"],
        },
        "timeout": {"type": "int", "default": 60, "fallback": (env_fallback, ["DOCKER_TIMEOUT"])},
        "tls": {"type": "bool", "default": False, "fallback": (env_fallback, ["DOCKER_TLS"])},
        "tls_hostname": {"type": "str", "fallback": (env_fallback, ["DOCKER_TLS_HOSTNAME"])},
        "use_ssh_client": {"type": "bool", "default": False},
        "validate_certs": {"type": "bool", "default": True, "aliases": ["tls_verify"]},
    },
    required_together=(("client_cert", "client_key"),),
)


class _Module(AnsibleModule):
    """An ``AnsibleModule`` that neither logs nor returns the contents and secrets in its arguments."""

    params: Json

    def _load_params(self) -> None:
        super()._load_params()
        # As they came, before Ansible turns what YAML took for numbers into texts.
        self.raw_params = dict(self.params)

    def _log_invocation(self) -> None:
        params = self.params
        self.params = redact(params)
        try:
            super()._log_invocation()
        finally:
            self.params = params

    def exit_json(self, **result: t.Any) -> t.NoReturn:
        super().exit_json(**{"invocation": {"module_args": redact(self.params)}, **result})
        raise SystemExit(0)

    def fail_json(self, msg: str, **result: t.Any) -> t.NoReturn:
        msg = redact_text(msg)
        if self.no_log:
            # ansible-core 2.19 shows the message of a task with no_log, and it may quote a value or what a process wrote.
            failure = result.get("failure") or {}
            result["failure"] = {**failure, "msg": msg}
            subject = " of ".join(str(failure[key]) for key in ("kind", "object") if failure.get(key)) or "arguments"
            msg = f"Failed ({redact_text(subject)}). As the task has no_log, the reason is only in failure.msg of its result."
        # While the arguments are checked, there are only those that were given.
        super().fail_json(msg, **{"invocation": {"module_args": redact(self.params)}, **result})
        raise SystemExit(1)


def run_module(spec: ArgSpec, run: t.Callable[[Task], Json]) -> None:
    """Run a task as an Ansible module and print its result.

    :param spec: the options of the module; those of the connection are added here.
    :param run: returns the module's result. ``changed`` defaults to false, and ``diff`` is dropped outside diff mode.
    """
    merged = spec.merge(CONNECTION)
    module = _Module(supports_check_mode=True, **merged.arguments())
    params = _mask_addresses(module)
    problems = list(unquoted.find_conversions(merged.options, module.raw_params))
    if problems:
        module.fail_json(msg=f"{'; '.join(problems)}.", failure=InvalidInput("").failure())
    try:
        result = run(
            Task(
                params=params,
                check_mode=module.check_mode,
                diff_mode=module._diff,
                warn=lambda text: module.warn(redact_text(text)),
                connect=lambda: Daemon.connect(connection_from_params(params)),
                file_attributes=module,
            )
        )
    except StevedoreError as error:
        failure = {key: urls.masked(value) for key, value in error.failure().items()}
        module.fail_json(msg=error.msg, failure=failure, **error.details)
    if not module._diff:
        result.pop("diff", None)
    module.exit_json(**{"changed": False, **result})


def _mask_addresses(module: AnsibleModule) -> Json:
    """The options for ``run``; in those that Ansible shows, secrets in addresses are masked."""
    params = dict(module.params)
    for option in ADDRESSES:
        address = params.get(option)
        if isinstance(address, str):
            masked = urls.plain(address) if option == "url" else urls.without_passwords(address)
            # Else a message that names the address would be masked as a whole.
            module.no_log_values.discard(address)
            module.no_log_values.update(urls.secrets(address) if masked != address else ())
            module.params[option] = masked
    return params


def connection_from_params(params: t.Mapping[str, t.Any]) -> Connection:
    """The connection options, with what the docker CLI takes from the environment.

    ``DOCKER_TLS_VERIFY`` (any text) asks for verified TLS, ``DOCKER_CERT_PATH`` is the folder of ``ca.pem``,
    ``cert.pem`` and ``key.pem``.
    """
    options = {name: params[name] for name in Connection._fields}
    # Empty is none, as for the docker CLI.
    host = options["docker_host"] = str(options["docker_host"] or "unix:///var/run/docker.sock")
    tls = options["tls"] or bool(os.environ.get("DOCKER_TLS_VERIFY")) or host.startswith("https://")
    folder = os.environ.get("DOCKER_CERT_PATH")
    if folder and tls:
        for option, file in (("ca_path", "ca.pem"), ("client_cert", "cert.pem"), ("client_key", "key.pem")):
            path = os.path.join(folder, file)
            if options[option] is None and os.path.exists(path):
                options[option] = path
    options["tls"] = tls and host.startswith(("tcp://", "https://"))
    return Connection(**options)
