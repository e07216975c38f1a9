"""The demonstration: 400 fictional people with three years of history, never in production.

people.py generates the people, and timetable.py generates their courses. Both are pure and use a
fixed seed. loading.py sorts the steps by time (replay.py) and runs each with the clock set to its
time, through the services that pages use. demo.toml holds the names, organisations, courses and
needs.
"""
