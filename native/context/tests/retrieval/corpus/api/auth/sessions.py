"""Sessions of people who are signed in."""
import secrets
import time

from .passwords import verify_password

SESSION_SECONDS = 3600


class SessionStore:
    """Keeps who is signed in, in memory."""

    def __init__(self):
        self._sessions = {}

    def create(self, user_id):
        """Signs a person in and gives the token of the new session."""
        token = secrets.token_urlsafe(32)
        self._sessions[token] = (user_id, time.time() + SESSION_SECONDS)
        return token

    def refresh(self, token):
        """Lets a session live for another hour."""
        user_id, _ = self._sessions[token]
        self._sessions[token] = (user_id, time.time() + SESSION_SECONDS)

    def remove_expired(self):
        """Forgets all sessions whose time is over."""
        now = time.time()
        self._sessions = {t: s for t, s in self._sessions.items() if s[1] > now}


def sign_in(store, users, name, password):
    user = users.find(name)
    if user is None or not verify_password(user.password_hash, password):
        raise PermissionError("wrong name or password")
    return store.create(user.id)
