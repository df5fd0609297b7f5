from hansard.cli.main import run

run()
