"""What a desk writes down, on standard error: lines for people, or JSON objects for programs."""

import datetime
import json
import logging

TEXT = "%(asctime)s %(name)s %(levelname)s %(message)s"
USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """One object a line: when, how grave, from where, what, and whatever else was said with it."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
        told = {
            "at": at.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        told |= {key: value for key, value in vars(record).items() if key not in USUAL}
        if record.exc_info:
            told["trace"] = self.formatException(record.exc_info)
        return json.dumps(told, default=str)


class Lines(logging.Formatter):
    """A line for people; what else was said with it stands behind."""

    def format(self, record: logging.LogRecord) -> str:
        more = {key: value for key, value in vars(record).items() if key not in USUAL}
        line = super().format(record)
        return " ".join([line, *(f"{key}={value}" for key, value in more.items() if value != "")])


def begin(as_json: bool, requests: bool, connections: bool) -> None:
    """Have this process write down what goes wrong.

    requests: and every request to REST; connections: and when the broker is there (again).
    """
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if as_json else Lines(TEXT))
    logging.basicConfig(handlers=[handler])
    if requests:
        logging.getLogger("steward.desk.rest").setLevel(logging.INFO)
    if connections:
        logging.getLogger("steward.desk.broker").setLevel(logging.INFO)
