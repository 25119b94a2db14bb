"""Hashing and checking of passwords."""
import hashlib
import hmac
import os


def hash_password(password, salt=None):
    """Makes a salted hash of a password, with PBKDF2."""
    salt = salt or os.urandom(16)
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 200_000)
    return salt + digest


def verify_password(stored, password):
    """Whether a password is the one that was hashed; takes the same time for all wrong ones."""
    return hmac.compare_digest(hash_password(password, stored[:16]), stored)
