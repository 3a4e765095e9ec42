"""`python -m revops.simulate [FOLDER]`: write the sample company's exports and, beside them, the truth."""

import sys
from pathlib import Path

from revops.simulate.halyard import write_sample


def main(arguments: list[str]) -> int:
    """Write the sample into the folder named, by default data/sample of the project."""
    default = Path(__file__).resolve().parents[3] / "data" / "sample"
    for file in write_sample(Path(arguments[0]) if arguments else default):
        print(file)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
