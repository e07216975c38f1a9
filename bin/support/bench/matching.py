"""Benchmark of matching, compared with the solver alone on the same graph.

The time for matching includes converting rows into a graph, and a flow into a solution. The two
run alternately in a separate process. The areas are England's LSOAs (centres and deprivation
deciles from `$SHARED_DATA/england_lsoa_centroids_imd.csv`). Without that file, the same number of
random areas around random towns is used, from a fixed seed. People live near the areas, and each
person can be asked to serve in the 30 nearest. The time to build the rows is not counted.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from app.matching.optimum.arrays import CandidateArrays, Ints, NeedArrays

NAME = "matching"
FULL, QUICK = 100_000, 10_000
LSOAS = 33_755
CANDIDATES = 30
SEED = 20261122
REACH = 1.3
MEMORY_GB = 4.0
ROOT = Path(__file__).resolve().parents[3]
METRES_PER_DEGREE = 111_320


def run(full: bool = True) -> list[dict[str, Any]]:
    """Return the times and the memory, each with its limit.

    If `full` is true, the target size is used.
    """
    people, rounds = (FULL, 2) if full else (QUICK, 5)
    child = subprocess.run(
        [sys.executable, __file__, "--people", str(people), "--rounds", str(rounds)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    rows: list[dict[str, Any]] = json.loads(child.stdout)
    return rows


def measure_matching(people: int, rounds: int) -> list[dict[str, Any]]:
    """Return the best time of several rounds, for matching and for the solver.

    The two run alternately. The memory is the peak of the first matching run.
    """
    from app.matching.optimum.arrays import build_model
    from app.matching.optimum.flow import solve_with_library
    from app.matching.optimum.graph import build_graph
    from app.matching.optimum.problem import Prices
    from app.matching.optimum.solver import solve

    needs, candidates, source = build_england(people)
    prices = Prices()
    pipeline, bare, peak = math.inf, math.inf, 0.0
    for _ in range(rounds):
        start = time.perf_counter()
        solution = solve(needs, candidates, prices)
        pipeline = min(pipeline, time.perf_counter() - start)
        peak = peak or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _rss_unit() / 1e9
        network = build_graph(build_model(needs, candidates), prices).network
        start = time.perf_counter()
        flow = solve_with_library(network)
        bare = min(bare, time.perf_counter() - start)
        if solution.objective != -int(network.cost @ flow):
            raise SystemExit("The two solvers disagree about the optimum.")
        print(f"matching {pipeline:.2f} s, solver {bare:.2f} s", file=sys.stderr)
        placed = len(solution.placements)
        del network, flow, solution
    size = f"{people:,} people x {len(needs.id):,} {source} x {CANDIDATES}, {placed:,} placed"
    return [
        result_line(f"matching, {size}", pipeline, bare, "s", REACH),
        result_line("matching, peak memory", peak, MEMORY_GB, "GB", 1.0),
    ]


def result_line(name: str, figure: float, limit: float, unit: str, reach: float) -> dict[str, Any]:
    """Return a result. `reach` is the maximum ratio of the figure to the limit."""
    return {
        "name": name,
        "figure": round(figure, 3),
        "limit": round(limit, 3),
        "ratio": round(figure / limit, 3),
        "unit": unit,
        "reach": f"at most {reach:g} x",
        "ok": figure <= reach * limit,
    }


def build_england(number_of_people: int) -> tuple[NeedArrays, CandidateArrays, str]:
    """Return needs and candidates for this number of people, and a description of the areas.

    The number of areas is in proportion to the number of people. Each area has one need with 1 to 4
    places. More deprived areas have a higher priority. Two areas in five are served. One row in 50
    is a standing assignment, and one person in 20 has another fixed assignment.
    """
    import numpy as np
    from scipy.spatial import cKDTree

    from app.matching.optimum.arrays import CandidateArrays, NeedArrays

    rng = np.random.default_rng(SEED)
    file = Path(os.environ.get("SHARED_DATA", "")) / "england_lsoa_centroids_imd.csv"
    centre, decile = read_centres(file) if file.is_file() else random_centres(rng)
    source = "English LSOAs" if file.is_file() else "made-up areas"
    areas = min(len(centre), max(CANDIDATES, LSOAS * number_of_people // FULL))
    chosen = np.sort(rng.choice(len(centre), areas, replace=False))
    centre, decile = centre[chosen], decile[chosen]
    homes = centre[rng.integers(0, areas, number_of_people)] + rng.normal(
        0, 800, (number_of_people, 2)
    )
    metres, nearest = cKDTree(centre).query(homes, k=CANDIDATES)
    identity = np.arange(1, areas + 1)
    needs = NeedArrays(
        id=identity,
        area=identity,
        places=rng.integers(1, 5, areas),
        priority=(11 - decile) * 9 + rng.integers(0, 10, areas),
        held=np.zeros(areas, dtype=np.int64),
        served=rng.random(areas) < 0.4,
    )
    rows = number_of_people * CANDIDATES
    candidates = CandidateArrays(
        person=np.repeat(np.arange(1, number_of_people + 1), CANDIDATES),
        need=identity[np.ravel(nearest)],
        distance_m=np.rint(np.ravel(metres)).astype(np.int64),
        standing=rng.random(rows) < 0.02,
        load=np.repeat((rng.random(number_of_people) < 0.05).astype(np.int64), CANDIDATES),
    )
    return needs, candidates, source


def read_centres(file: Path) -> tuple[np.ndarray, Ints]:
    """Return the centres in metres on a plane, and the IMD deciles.

    Distances on the plane are accurate to within a few per cent in England.
    """
    import numpy as np

    with file.open(encoding="utf-8", newline="") as lines:
        rows = [
            (float(r["lon"]), float(r["lat"]), int(r["imd_decile"])) for r in csv.DictReader(lines)
        ]
    lon, lat, decile = (np.array(column) for column in zip(*rows, strict=True))
    east = lon * math.cos(math.radians(52.5)) * METRES_PER_DEGREE
    return np.column_stack((east, lat * METRES_PER_DEGREE)), decile


def random_centres(rng: np.random.Generator) -> tuple[np.ndarray, Ints]:
    """Return random areas around 1,200 random towns, in a rectangle the size of England."""
    import numpy as np

    towns = rng.random((1_200, 2)) * (400_000, 500_000)
    size = rng.pareto(1.1, len(towns)) + 0.2
    town = rng.choice(len(towns), LSOAS, p=size / size.sum())
    spread = 1_000 * np.sqrt(size[town])[:, np.newaxis]
    return towns[town] + rng.normal(0, 1, (LSOAS, 2)) * spread, rng.integers(1, 11, LSOAS)


def _rss_unit() -> int:
    """Return the unit of ru_maxrss in bytes: 1 on macOS, 1,024 elsewhere."""
    return 1 if sys.platform == "darwin" else 1_024


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=FULL)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    print(json.dumps(measure_matching(options.people, options.rounds)))
