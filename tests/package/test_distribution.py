"""The wheel and the sdist do the main job in empty environments. The dependencies are lent, so no network is needed."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RECEIPT = "GREEN GROCER\n12 Mill Lane, Oakham\nDate: 2026-03-14\n\nApples  2.40\nBread  3.10\n\nTOTAL  5.50\n"


def run(*command: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    ours = ("STRUCTGEN", "GROQ", "COV_", "COVERAGE")
    clean = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False, env=clean
    )
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel (built from the sdist) and the sdist of a clean copy of the sources."""
    work = tmp_path_factory.mktemp("dist")
    tracked = run("git", "ls-files", "-z", cwd=ROOT).stdout.split("\0")
    for name in filter(None, tracked):
        source, target = ROOT / name, work / "src" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink():
            target.symlink_to(source.readlink())
        elif source.exists():
            target.write_bytes(source.read_bytes())
    built = run(sys.executable, "-m", "build", "--no-isolation", "--outdir", work / "out", work / "src", cwd=work)
    assert len(list((work / "out").iterdir())) == 2, built.stdout + built.stderr
    return work / "out"


@pytest.mark.parametrize("pattern", ["*.whl", "*.tar.gz"])
def test_an_installed_distribution_does_the_main_job(distributions: Path, pattern: str, tmp_path: Path) -> None:
    venv.create(tmp_path / "env", with_pip=False)
    python = tmp_path / "env" / "bin" / "python"
    site = Path(
        run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path).stdout.strip()
    )
    (artifact,) = distributions.glob(pattern)
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", "--no-index"]
    run(*pip, "--no-build-isolation", artifact, cwd=tmp_path) if pattern == "*.whl" else None
    if pattern == "*.tar.gz":
        target = ["--target", site, "--no-build-isolation"]
        run(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", *target, artifact, cwd=tmp_path)
    # The dependencies of this environment, after the new one's own packages.
    (site / "lent.pth").write_text(sysconfig.get_path("purelib"), "utf-8")

    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "receipt.txt").write_text(RECEIPT, "utf-8")
    where = run(python, "-c", "import structgen; print(structgen.__file__)", cwd=empty).stdout.strip()
    assert where.startswith(str(site))
    done = run(python, "-m", "structgen", "extract", "receipt", "receipt.txt", "--model", "rules", cwd=empty)
    row = json.loads(done.stdout)
    assert row["value"]["total"] == 5.5
    assert "no LLM" in done.stderr


def test_the_module_runs_in_the_root_of_the_repository() -> None:
    done = run(sys.executable, "-m", "structgen", "tasks", cwd=ROOT)
    assert "recipe" in done.stdout


def test_type_checkers_find_the_package_after_an_editable_install(distributions: Path, tmp_path: Path) -> None:
    # The wheel of an editable install, as pip asks the build backend for it; type checkers read paths, no import hooks.
    build = "import sys, setuptools.build_meta as backend; backend.build_editable(sys.argv[1])"
    done = run(sys.executable, "-c", build, tmp_path, cwd=distributions.parent / "src")
    wheels = list(tmp_path.glob("*.whl"))
    assert wheels, done.stderr
    venv.create(tmp_path / "env", with_pip=False)
    python = tmp_path / "env" / "bin" / "python"
    run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "-q",
        "--no-deps",
        "--no-index",
        *wheels,
        cwd=tmp_path,
    )
    (tmp_path / "used.py").write_text(
        "from typing_extensions import assert_type\n"
        "from structgen import Extraction, extract\n"
        'assert_type(extract(int, "5"), Extraction[int])\n',
        "utf-8",
    )
    pyright = run(sys.executable, "-m", "pyright", "--pythonpath", python, "used.py", cwd=tmp_path)
    assert "0 errors" in pyright.stdout, pyright.stdout
    mypy = run(
        sys.executable, "-m", "mypy", "--python-executable", python, "--cache-dir", os.devnull, "used.py", cwd=tmp_path
    )
    assert "no issues" in mypy.stdout, mypy.stdout
