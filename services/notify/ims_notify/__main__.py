"""Run notify (`python -m ims_notify`), or bring its database to the present (`python -m ims_notify migrate`)."""

from ims_kit import main
from ims_notify.app import build
from ims_notify.settings import Settings

if __name__ == "__main__":
    main("notify", build, Settings, migrations="ims_notify.migrations")
