"""What can be said of a graph, and of a run, to people who ask.

| file | what it tells |
| --- | --- |
| `phases` | what each operation is for: forward, gradient, update, beginning |
| `gradient_flow` | through which inputs of an operation gradient flows, and why not elsewhere |
| `body_flow` | the same inside branches and loops |
| `gradient_paths` | the way of a gradient between two tensors, or where it ends |
| `nonfinite` | where the first nan or infinity comes from, and why |
| `summary` | a graph as a table |
| `drawing` | a graph in Graphviz's language, and as a picture |

`ts.explain_gradient`, `ts.summary_of` and `Graph.to_dot` are the way in; the inspector and
`Session(debug=True)` stand on it, too.
"""
