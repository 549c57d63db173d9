"""Small torch and numpy scripts whose every line the source fixes, held against the real libraries."""
