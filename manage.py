"""Django's own commands, against the embedded server unless DATABASE_URL names another. People use `huzhu`."""

from huzhu.cli.environment import prepare

if __name__ == "__main__":
    import sys

    prepare()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
