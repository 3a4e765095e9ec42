"""Load the Airflow DAG that `schedule airflow` prints, in a throwaway environment, and run its command once.

    make schedule-check        (a download of some 300 MB; REVOPS_AIRFLOW names an environment to use instead)

The command that the DAG calls only tells how it was called: no report is made and no mail is sent.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from revops.delivery.schedule import scheduled

LOADS = """\
from importlib.metadata import version
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(dag_folder={folder!r})
assert not bag.import_errors, bag.import_errors
(found,) = bag.dags.values()
(made,) = found.tasks
print("Airflow", version("apache-airflow"), "loads", found.dag_id, found.schedule, found.timezone)
assert made.retries == 0 and not found.catchup
"""
WITNESS = """\
#!/bin/sh
printf '%s\\n' "$(pwd)" "$REVOPS_SMTP_HOST" "$@" > {told}
"""


def main() -> None:
    """Check the DAG and say what was found; ends with an error where anything is not as it must be."""
    with tempfile.TemporaryDirectory(prefix="revops-airflow-") as scratch:
        home = Path(scratch)
        python = environment(home)
        witness, told = home / "the 'python' %", home / "told"
        witness.write_text(WITNESS.format(told=told))
        witness.chmod(0o700)
        sys.executable = str(witness)
        (home / "dags").mkdir()
        (home / "dags" / "revops_review.py").write_text(scheduled("airflow", keep=12), encoding="utf-8")
        known = os.environ | {
            "AIRFLOW_HOME": str(home / "airflow"),
            "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW_VAR_REVOPS_SMTP_HOST": "smtp.example.com",
        }
        airflow = [str(python), "-m", "airflow"]
        subprocess.run([*airflow, "db", "migrate"], env=known, check=True, capture_output=True)
        subprocess.run([python, "-c", LOADS.format(folder=str(home / "dags"))], env=known, check=True)
        ran = subprocess.run([*airflow, "dags", "test", "revops_review"], env=known, capture_output=True, text=True)
        if ran.returncode or not told.exists():
            sys.exit(f"The DAG did not run its command:\n{ran.stdout}\n{ran.stderr}")
        found = told.read_text().splitlines()
        assert found[1:] == ["smtp.example.com", "-m", "revops", "run", "--mail", "--keep", "12"], found
        print(f"It ran its command in {found[0]}, with the secret of its Variable.")


def environment(home: Path) -> Path:
    """Return the Python of an environment with Airflow: the one named, else one made here."""
    named = os.environ.get("REVOPS_AIRFLOW")
    if named:
        return Path(named) / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", home / "venv"], check=True)
    python = home / "venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "apache-airflow>=3"], check=True)
    return python


if __name__ == "__main__":
    main()
