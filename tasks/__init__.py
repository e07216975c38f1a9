"""Tasks for the worker, and the timetable of the scheduler."""
