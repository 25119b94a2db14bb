#!/bin/sh
# Replaces the Codex executable: ignores its arguments and runs the shell script in STAND_IN.
eval "$STAND_IN"
