"""The worker's and the scheduler's side: a thin task per job, and the whole timetable."""
