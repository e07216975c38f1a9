"""The demonstration: 400 made-up people and three years of what they did. Never in production.

cast.py makes the people up, timetable.py the courses they took, both pure and from a fixed seed;
diary.py puts everything in order of time, and loading.py lives through it with the clock held at
each moment, through the same services that pages use. Who and what there is stands in demo.toml.
"""
