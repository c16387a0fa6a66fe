"""Days as Jakarta has them, which is where the books are kept."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

import typer

from chalicelib.domain.ids import Millis, time_part

JAKARTA = timezone(timedelta(hours=7))  # since 1964, and no summer time
DAY = timedelta(days=1)
YEARS = range(2000, 9999)


@dataclass(frozen=True, slots=True)
class Days:
    """From the first to the last of these days, both whole."""

    first: date
    last: date

    def bounds(self, kind: str) -> tuple[str, str]:
        """What every id of `kind` (`cs`, `re`) that was born in these days stands between."""
        ends = _midnight(self.first), _midnight(self.last + DAY)
        since, until = (f"{kind}_{time_part(at)}" for at in ends)
        return since, until


def _midnight(day: date) -> Millis:
    return Millis(int(datetime(day.year, day.month, day.day, tzinfo=JAKARTA).timestamp()) * 1000)


def day_of(text: str) -> date:
    """`2026-11-25`; raises BadParameter."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=JAKARTA).date()
    except ValueError:
        day = None
    if day is None or day.year not in YEARS:
        raise typer.BadParameter("a day is like 2026-11-25")
    return day


def local(at: Millis) -> datetime:
    """An instant by Jakarta's clock, right to the millisecond."""
    second, ms = divmod(at, 1000)
    return datetime.fromtimestamp(second, JAKARTA).replace(microsecond=ms * 1000)


def instant(at: Millis | None) -> str | None:
    """ISO 8601 with its offset: 2026-11-25T09:30:00.000+07:00."""
    return None if at is None else local(at).isoformat(timespec="milliseconds")
