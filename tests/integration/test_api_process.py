"""The API as gunicorn serves it: a real process, a real port, PostgreSQL and Redis."""

import signal

from redis import Redis

from libraries import Library
from serving import Served
from sublarr_tasks.fleet import queues


def test_the_served_api_takes_a_scan_and_hides_its_key(
    served: Served, library: Library, redis: Redis
) -> None:
    assert served.ask("/api/v1/libraries")[0] == 401
    status, body = served.ask(
        f"/api/v1/libraries/{library.id}/scans?apikey={served.key}",
        b"{}",
        **{"Content-Type": "application/json"},
    )
    assert status == 202, body
    assert queues.depth(redis, "scan") == 1
    assert served.ask("/api/v1/scans/1", Authorization=f"Bearer {served.key}")[0] == 200
    assert served.ask("/api/v1/docs/none", Authorization=f"Bearer {served.key}")[0] == 404

    served.process.send_signal(signal.SIGTERM)

    assert served.process.wait(20) == 0
    said = served.log.read_text()
    assert "apikey=***" in said
    assert served.key not in said
