"""`python -m training`."""

from training.commands import training

if __name__ == "__main__":
    training(prog_name="python -m training")
