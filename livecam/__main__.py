"""Makes ``python -m livecam`` the same as ``livecam``."""

from livecam.cli import main

if __name__ == "__main__":
    main()
