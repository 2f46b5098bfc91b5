"""`python -m skgenomics` is the command `skgenomics`."""

import sys

from skgenomics.cli import main

if __name__ == "__main__":
    sys.exit(main())
