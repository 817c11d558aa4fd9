"""The rules of warning: pure functions over plain values. No I/O and no clock; time is an argument."""
