"""How fast the names of episodes are read, on one processor. The last line is one JSON object."""

import argparse
import itertools
import json
import time

from sublarr_tasks.library import episodes

FORMS = (
    "{show} - S{season:02}E{number:02} - {name}",
    "{show}.S{season:02}E{number:02}.{name}.1080p.WEB-DL.DDP5.1.H.264-GRP",
    "{show} S{season:02}E{number:02}-E{next:02}",
    "{show} {season}x{number:02} {name}",
    "{show} Season {season} Episode {number}",
    "{show} 2015-{season:02}-{number:02} {name} 720p",
    "[Group] {show} - {number:03} [1080p][ABCD1234]",
    "[Group] {show} S{season} - {number:02}v2 (BD 1920x1080 x265 FLAC)",
    "{number:02} - {name}",
    "{show} ({name}) no number at all",
)
SHOWS = ("Show", "The 100", "24", "Babylon 5", "S.W.A.T", "A Rather Long Name of a Series (2008)")
NAMES = ("Pilot", "The.One.With.Many.Words.In.It", "Part 2", "Home")


def names(count: int) -> list[str]:
    """Make names of every form in turn, no two of them next to each other alike."""
    made = (
        form.format(show=show, season=season, number=number, next=number + 1, name=name)
        for number in itertools.count(1)
        for season in range(1, 10)
        for show, name in zip(SHOWS, itertools.cycle(NAMES), strict=False)
        for form in FORMS
    )
    return list(itertools.islice(made, count))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", type=int, default=100_000)
    made = names(parser.parse_args().names)
    began = time.process_time()
    known = sum(episodes.parse(name).is_known for name in made)
    seconds = time.process_time() - began
    found = {"names": len(made), "known": known, "cpu_seconds": round(seconds, 2)}
    print(json.dumps(found | {"microseconds_each": round(seconds / len(made) * 1e6, 1)}))


if __name__ == "__main__":
    main()
