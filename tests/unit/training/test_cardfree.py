"""Pictures gathered by a list of packages and paths."""

from importlib.metadata import distribution
from pathlib import Path

import pytest

from training import cardfree
from training.errors import PictureMissing


def test_files_of_debian_and_of_python_packages_are_gathered_in_order(tmp_path: Path) -> None:
    (tmp_path / "root" / "usr").mkdir(parents=True)
    (tmp_path / "root" / "usr" / "a.jpg").write_bytes(b"a")
    listed = tmp_path / "list.txt"
    listed.write_text("# package, path\nsome-doc usr/a.jpg\nclick click/__init__.py\n")
    assert list(cardfree.gather(tmp_path / "root", tmp_path / "out", listed)) == [1, 2]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["000-a.jpg", "001-__init__.py"]
    code = Path(str(distribution("click").locate_file("click/__init__.py")))
    assert (tmp_path / "out" / "001-__init__.py").read_bytes() == code.read_bytes()


def test_a_picture_that_is_not_there_is_named_with_its_package(tmp_path: Path) -> None:
    listed = tmp_path / "list.txt"
    listed.write_text("some-doc usr/b.jpg\n")
    with pytest.raises(PictureMissing, match=r"b\.jpg is not there; install some-doc"):
        list(cardfree.gather(tmp_path, tmp_path / "out", listed))


def test_the_list_of_the_figures_names_each_picture_once() -> None:
    lines = [line for line in cardfree.LIST.read_text("utf-8").splitlines() if not line.startswith("#")]
    assert len(set(lines)) == len(lines) >= 100
    assert all(len(line.split(" ", 1)) == 2 for line in lines)
