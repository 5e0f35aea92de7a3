"""`python -m s2studio` is the command `s2studio`."""

from s2studio.cli.main import main

if __name__ == "__main__":
    main()
