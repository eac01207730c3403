"""The keys of the compose specification that compose.yaml uses, and the form of their values.

A key that is not here is an error, so whoever uses another one looks it up and adds its form.
"""

import re
from collections.abc import Callable
from typing import TypeGuard

from compose_file import seconds

Form = Callable[[object], bool]


def text(value: object) -> TypeGuard[str]:
    return isinstance(value, str)


def number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def truth(value: object) -> bool:
    return isinstance(value, bool)


def duration(value: object) -> bool:
    return text(value) and seconds(value) > 0


def size(value: object) -> bool:
    return text(value) and re.fullmatch(r"\d+[kmg]", value) is not None


def texts(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(map(text, value))


def different_texts(value: object) -> bool:
    return texts(value) and len(set(value)) == len(value)


def values(value: object) -> bool:
    """A map to scalars; YAML's own truth values surprise where a program expects text."""
    return isinstance(value, dict) and all(text(one) or number(one) for one in value.values())


def one_of(*words: str) -> Form:
    return lambda value: value in words


def table(**forms: Form) -> Form:
    """A map with some of these keys and no others."""

    def matches(value: object) -> bool:
        return (
            isinstance(value, dict)
            and value.keys() <= forms.keys()
            and all(forms[name](one) for name, one in value.items())
        )

    return matches


def mapping(form: Form) -> Form:
    return lambda value: isinstance(value, dict) and all(map(form, value.values()))


def either(*forms: Form) -> Form:
    return lambda value: any(form(value) for form in forms)


def each(form: Form) -> Form:
    return lambda value: isinstance(value, list) and all(map(form, value))


def probe(value: object) -> bool:
    shell = texts(value) and value[0] == "CMD-SHELL" and len(value) == 2
    return shell or (texts(value) and value[0] == "CMD" and len(value) > 1)


def port(value: object) -> bool:
    return text(value) and re.fullmatch(r"(\d+\.){3}\d+:\d+:\d+", value) is not None


HEALTH_CHECK = table(
    test=probe,
    interval=duration,
    timeout=duration,
    retries=number,
    start_period=duration,
)
DEPENDENCY = table(
    condition=one_of("service_started", "service_healthy", "service_completed_successfully"),
)
BIND = table(
    type=one_of("bind"),
    source=text,
    target=text,
    read_only=truth,
    bind=table(create_host_path=truth),
)
SERVICE = {
    "build": text,
    "cap_add": different_texts,
    "cap_drop": different_texts,
    "command": texts,
    "depends_on": mapping(DEPENDENCY),
    "environment": values,
    "healthcheck": HEALTH_CHECK,
    "image": text,
    "init": truth,
    "logging": table(driver=text, options=values),
    "networks": different_texts,
    "ports": each(port),
    "read_only": truth,
    "restart": one_of("no", "always", "on-failure", "unless-stopped"),
    "secrets": different_texts,
    "security_opt": different_texts,
    "shm_size": size,
    "stop_grace_period": duration,
    "tmpfs": texts,
    "user": text,
    "volumes": each(either(text, BIND)),
}
FILE = {
    "name": text,
    "services": mapping(table(**SERVICE)),
    "networks": mapping(table(internal=truth)),
    "volumes": mapping(table()),
    "secrets": mapping(table(file=text)),
}
