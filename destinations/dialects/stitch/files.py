"""Files in S3: what they are called and how they are written."""

import re
import uuid

from destinations.dialects.stitch.codecs import Fault, Native, Plain
from destinations.dialects.stitch.properties import Values

NEEDED = ("[integration_name]", "[table_name]", "[table_version]", "[timestamp_loaded]")
OPTIONAL = ("[year_loaded]", "[month_loaded]", "[day_loaded]", "[hour_loaded]")
FORBIDDEN = set(" !@#$%^&*")
LONGEST = 500
DELIMITER = "extra.csv_delimiter"


class KeyFormat(Plain):
    """The name of every file, a text with tokens in brackets."""

    def native(self, value: str) -> str:
        if reason := _fault(value):
            raise Fault(reason, self.names[0])
        return value


def _fault(value: str) -> str:
    if len(value) > LONGEST:
        return f"This may have at most {LONGEST} characters."
    if FORBIDDEN & set(value):
        return "This must not hold blanks nor any of ! @ # $ % ^ & *."
    if missing := [token for token in NEEDED if token not in value]:
        return f"This lacks {', '.join(missing)}."
    known = {*NEEDED, *OPTIONAL}
    if any(token not in known for token in re.findall(r"\[[^\]]*\]?", value)):
        return f"The only tokens in brackets are {', '.join((*NEEDED, *OPTIONAL))}."
    return ""


class FileFormat(Plain):
    """Files of another format than csv have no delimiter: the one that there was goes."""

    def read(self, values: Values, stored: Values) -> Native:
        kept = super().read(values, stored)
        return kept if kept[self.natives[0]] == "csv" else {**kept, DELIMITER: None}


class Challenge(Plain):
    """The name of a file that nobody can guess, made here unless it is sent."""

    def read(self, values: Values, stored: Values) -> Native:
        return super().read({self.names[0]: f"stitch-challenge-file-{uuid.uuid4()}", **values}, stored)


class Delimiter(Plain):
    """Only files of the format csv have one."""

    def read(self, values: Values, stored: Values) -> Native:
        if values.get(self.names[0]) is not None and values.get("output_file_format") not in ("csv", None):
            raise Fault("This is for the format csv only.", self.names[0])
        return super().read(values, stored)
