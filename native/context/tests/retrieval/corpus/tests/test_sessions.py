from api.auth.sessions import SessionStore, sign_in


def test_sign_in_creates_a_session(users):
    store = SessionStore()
    token = sign_in(store, users, "ann", "secret")
    store.refresh(token)
    assert token


def test_expired_sessions_are_removed():
    store = SessionStore()
    store.remove_expired()
