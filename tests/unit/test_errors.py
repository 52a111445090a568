"""The error tree is what its docstring draws; errors cross process borders whole; every code met by a person has a way out."""

import pickle
import re
from pathlib import Path

import pytest

from pipeline import errors
from pipeline.errors import Retryable, SijillError, Terminal


def tree(kind: type[SijillError] = SijillError) -> list[type[SijillError]]:
    return [kind, *(below for child in kind.__subclasses__() if child.__module__ == errors.__name__ for below in tree(child))]


KINDS = tree()
LEAVES = [kind for kind in KINDS if not kind.__subclasses__()]


def test_the_docstring_draws_the_tree() -> None:
    drawn = re.findall(r"^([│├└─ ]*)([A-Z]\w+)", errors.__doc__ or "", re.MULTILINE)
    depths = {name: len(indent) // 4 for indent, name in drawn if name in vars(errors)}
    assert depths == {kind.__name__: len(kind.__mro__) - SijillError.__mro__.__len__() for kind in KINDS}
    order = [name for _, name in drawn if name in depths]
    assert order == [kind.__name__ for kind in KINDS], "each stands below its parent"


def test_every_error_of_the_module_is_in_the_tree() -> None:
    named = {value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)}
    assert named == set(KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("protocol", [0, pickle.HIGHEST_PROTOCOL])
def test_errors_come_back_whole_from_a_child_process(kind: type[SijillError], protocol: int) -> None:
    raised = kind("some-code", "ملف", "Do this.")
    back = pickle.loads(pickle.dumps(raised, protocol))  # noqa: S301  # our own bytes
    assert type(back) is kind
    assert (back.code, back.detail, back.way_out, str(back)) == ("some-code", "ملف", "Do this.", str(raised))


@pytest.mark.parametrize("kind", LEAVES, ids=lambda kind: kind.__name__)
def test_every_error_says_whether_to_try_again_and_how_it_ends(kind: type[SijillError]) -> None:
    assert issubclass(kind, Retryable) != issubclass(kind, Terminal)
    assert kind.retryable is issubclass(kind, Retryable)
    assert 0 < kind.exit_code < 126
    assert 400 <= kind.http_status < 600
    assert kind.retryable <= (kind.http_status == 503), "who may try again is told so"


def test_what_is_said() -> None:
    assert str(SijillError("a-code", "What is wrong.")) == "What is wrong. [a-code]"
    assert str(SijillError("a-code", "What is wrong.", "Do this.")) == "What is wrong. [a-code] Do this."
    assert errors.way_out("no-such-code") == ""


@pytest.mark.parametrize("code", errors.WAYS_OUT)
def test_codes_and_ways_out(code: str) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code)
    assert errors.way_out(code).endswith((".", "`"))


def test_a_way_out_is_that_of_a_code_that_is_raised_somewhere() -> None:
    root = Path(errors.__file__).parent
    source = "".join(path.read_text() for path in root.rglob("*.py") if path.name != "errors.py")
    assert [code for code in errors.WAYS_OUT if f'"{code}"' not in source] == []


def test_settings_named_in_ways_out_exist() -> None:
    from pipeline.settings import Settings

    named = {name.removeprefix("SIJILL_").lower() for text in errors.WAYS_OUT.values() for name in re.findall(r"SIJILL_\w+", text)}
    assert named <= Settings.model_fields.keys()
