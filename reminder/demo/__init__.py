"""The demo: two invented practices, mail that stays here, a clock that can be moved."""
