#!/bin/sh
# Stands in for the Codex executable, whatever its arguments: runs the shell script in STAND_IN.
eval "$STAND_IN"
