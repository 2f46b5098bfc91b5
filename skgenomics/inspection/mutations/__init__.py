"""Effects of substitutions, insertions and deletions on predictions."""
