"""Code of the worker and the scheduler: a short task for each job, and the timetable."""
