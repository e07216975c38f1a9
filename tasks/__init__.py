"""The code that the worker and the scheduler run: the tasks and their timetable."""
