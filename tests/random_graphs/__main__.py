"""Shows a random graph and compares it: python -m tests.random_graphs SEED."""

from __future__ import annotations

import sys

import tensorslow as ts
from tests.random_graphs.graphs import Built, compare, random_graph

for seed in map(int, sys.argv[1:]):
    random = random_graph(seed)
    for number, array in zip(random.recipe.params, random.arrays, strict=True):
        print(f"v{number} = input {list(array.shape)}, of which is known: {random.known}")
    print(random.recipe)
    built = Built(random)
    with ts.Session(graph=built.graph) as session:
        print("second rule" if compare(random, built.function(session)) else "near")
