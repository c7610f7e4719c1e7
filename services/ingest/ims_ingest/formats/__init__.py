"""The formats that ingest reads: one module each. A format is known by what is in the file, never by the file's name."""

from ims_ingest.formats.detection import FORMATS, Formats, detect, formats_with
from ims_ingest.formats.inspection import inspect
from ims_ingest.formats.records import Format

__all__ = ["FORMATS", "Format", "Formats", "detect", "formats_with", "inspect"]
