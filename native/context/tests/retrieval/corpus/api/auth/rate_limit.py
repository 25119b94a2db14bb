import time


class RateLimiter:
    """A token bucket for each client: refuses who asks too often."""

    def __init__(self, per_second, burst):
        self.per_second = per_second
        self.burst = burst
        self._buckets = {}

    def allow(self, client):
        tokens, seen = self._buckets.get(client, (self.burst, time.monotonic()))
        now = time.monotonic()
        tokens = min(self.burst, tokens + (now - seen) * self.per_second)
        if tokens < 1:
            return False
        self._buckets[client] = (tokens - 1, now)
        return True
