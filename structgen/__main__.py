"""``python -m structgen``."""

from structgen.cli import main

if __name__ == "__main__":
    main()
