"""Một Cửa: one-stop desks and a public-service portal that ask the National Population Database."""
