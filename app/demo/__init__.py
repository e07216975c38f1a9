"""The demonstration: 400 fictional people with three years of history. Never loaded in production.

people.py generates the people, and timetable.py generates their courses. Both use a fixed seed and
do not use the database. loading.py sorts the steps by time (replay.py). It runs each step with the
clock set to the time of the step, and uses the same services as the pages. demo.toml holds the
names, organisations, courses and needs.
"""
