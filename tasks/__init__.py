"""Code of the worker and the scheduler: the tasks and their timetable."""
