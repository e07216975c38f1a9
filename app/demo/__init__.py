"""The demonstration: 400 made-up people and three years of what they did. Never in production.

people.py makes the people up and timetable.py the courses that they took. Both are pure and start
from a fixed seed. loading.py sorts all steps by time (replay.py) and runs each with the clock set
to its moment, through the services that the pages use. demo.toml holds the names, organisations,
courses and needs.
"""
