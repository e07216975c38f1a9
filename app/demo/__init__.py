"""The demonstration: 400 made-up people and three years of history. Never in production.

people.py makes up the people and timetable.py their courses. Both are pure and use a fixed seed.
loading.py sorts the steps by time (replay.py) and runs each with the clock set to its time, through
the services that pages use. demo.toml holds the names, organisations, courses and needs.
"""
