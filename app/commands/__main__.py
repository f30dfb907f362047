"""`python -m app.commands` is `cardwatch`."""

from app.commands.cli import main

if __name__ == "__main__":
    main()
