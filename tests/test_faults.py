"""The table of planted faults is kept up with the code. `make faults` plants them, which takes minutes."""

import ast
from pathlib import Path

import pytest

from tests.faults.__main__ import judge
from tests.faults.table import ROOT, Fault, load

FAULTS = load()
by_name = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
# These look at the text of the code and not at what it does.
NOT_AIMED = ("tests/test_architecture.py", "tests/test_faults.py")


def test_there_are_many_and_each_has_a_name_of_its_own() -> None:
    assert len(FAULTS) >= 50
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


@by_name
def test_a_fault_has_one_place_in_the_code_and_leaves_it_readable(fault: Fault) -> None:
    text = (ROOT / fault.file).read_text()
    assert text.count(fault.old) == 1, "write the fault anew for the code as it is now"
    assert fault.old != fault.new
    ast.parse(text.replace(fault.old, fault.new))


@by_name
def test_the_tests_of_a_fault_exist_and_are_aimed_at_it(fault: Fault) -> None:
    assert fault.tests
    for test in fault.tests:
        path, _, name = test.partition("::")
        assert path not in NOT_AIMED
        defined = {node.name for node in ast.parse((ROOT / path).read_text()).body if isinstance(node, ast.FunctionDef)}
        assert name in defined, test


def test_planting_gives_back_what_was_there_and_refuses_what_has_no_place(tmp_path: Path) -> None:
    fault = Fault("a fault", "code.py", "a == b", "a != b", ("tests/test_x.py::test_y",))
    path = tmp_path / "code.py"
    path.write_text("if a == b:\n    pass\n")
    assert fault.plant(tmp_path) == "if a == b:\n    pass\n"
    assert path.read_text() == "if a != b:\n    pass\n"
    with pytest.raises(ValueError, match="stands 0 times in code.py"):
        fault.plant(tmp_path)
    path.write_text("a == b\na == b\n")
    with pytest.raises(ValueError, match="stands 2 times"):
        fault.plant(tmp_path)
    assert "stands 2 times" in judge(tmp_path, fault) and path.read_text() == "a == b\na == b\n"
