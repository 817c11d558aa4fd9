"""Gather, decide, apply: each job reads the store, asks the policy, and writes the store or hands mail over."""
