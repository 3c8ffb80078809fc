"""The document that the inspector's page shows: plain JSON, described here and nowhere else.

A document holds what is known of one graph and, if it was run, of one run of it. It is strict JSON:
where a number is no number it is one of the strings "nan", "inf" and "-inf" (`Number`), a complex
number is a string such as "(1+2j)", and a single large integer one such as "9007199254740993", of
which JavaScript would lose digits. All texts are plain text, never HTML, except the formulas, which
are MathML made by us. A part that is not known is null. What is large is sampled, and `sampled`
says so: a page for 2,000 nodes stays below 3 MB.

What the parts mean is said at each class. In short:

    {"version": 1, "title": "xor.py",
     "program": {"file", "lines"} | null,
     "nodes": [{"id", "name", "type", "scope", "phase", "inputs", "controls", "outputs", "line",
                "step", "gradient", "of", "engine"}, ...],
     "steps": [node ids, in the order of evaluation],
     "fetches": [[id, output], ...], "feeds": [[id, output], ...],
     "operations": {type: {"formula", "gradient_formula", "plain", "gradient_plain", "summary",
                           "compute", "gradient", "file", "line"}},
     "gradients": [{"of": [id, output], "gradient": [id, output], "norm"}, ...],
     "culprit": {"node", "what", "why", "operands"} | null,
     "error": {"node", "text"} | null,
     "runs": [{"number", "label", "address", "shown"}, ...] | null}
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict

VERSION = 1

Number = float | int | str  # the string is "nan", "inf", "-inf", or a complex or large number
Place = list[int]  # [id of a node, which of its outputs]


class Program(TypedDict):
    """The file that made most of the nodes.

    Attributes:
        file: its name, as a traceback would show it.
        lines: its text; line n of the file is `lines[n - 1]`.
    """

    file: str
    lines: list[str]


class Line(TypedDict):
    """The user's line that made a node; of a gradient's node, the line that asked for gradients.

    Attributes:
        file: as in `Program.file`; the node may be of another file than the program.
        number: from 1.
        text: without the space around it; "" where the file cannot be read.
    """

    file: str
    number: int
    text: str


class Histogram(TypedDict):
    """How often finite elements fall between two edges.

    Attributes:
        edges: one more than `counts`; each bin has its left edge, the last one both.
        counts: how many elements.
    """

    edges: list[float]
    counts: list[int]


class Value(TypedDict):
    """An array, or a sample of it.

    Attributes:
        shape, dtype: of the whole array.
        kind: how to show it. "number": `preview` is one number, exact. "list": a list of numbers.
            "heatmap": a list of rows, which are lists of numbers; of an array with more axes it is
            the first matrix of the last two. "image": a list of rows of pixels; a pixel is a number
            (grey) or a list of 3 or 4 numbers; of a batch it is the first. "text": a string, or a
            list of strings.
        preview: see `kind`; at most 32 × 32 entries, evenly sampled where there are more. Numbers
            other than those of kind "number" are rounded to six digits. `null` for no elements.
            Booleans are 0 and 1 (dtype "bool").
        sampled: null if the preview is all there is; else words for it, such as
            "every 4th of 128 rows; matrix 1 of 16".
        rows, columns: which indices the preview shows along its two axes (`columns` null for a
            list); null where they are all shown.
        min, max, mean, std: of the finite elements; null for text and where there are none. Of
            complex numbers, of their magnitudes.
        norm: Euclidean norm of all elements; null for text.
        nan, inf: how many elements are nan; are infinite.
        histogram: of the finite elements; null where there are fewer than 16.
    """

    shape: list[int]
    dtype: str
    kind: Literal["number", "list", "heatmap", "image", "text"]
    preview: Any
    sampled: str | None
    rows: list[int] | None
    columns: list[int] | None
    min: Number | None
    max: Number | None
    mean: Number | None
    std: Number | None
    norm: Number | None
    nan: int
    inf: int
    histogram: Histogram | None


class Output(TypedDict):
    """One output of a node: a tensor.

    Attributes:
        dtype: TensorFlow's name, such as "float32"; "unknown" where what is fed decides.
        static_shape: what is known before a run; null entries are unknown sizes, null: no rank.
        shape: in this run; null if it was not computed.
        value: in this run; null if it was not computed.
    """

    dtype: str
    static_shape: list[int | None] | None
    shape: list[int] | None
    value: Value | None


class Engine(TypedDict):
    """What an engine that compiles made of a node.

    Attributes:
        kernel: names of the kernels that compute it, and what they do: "k3: product [4, 2]·[2, 2],
            then add".
        loops: their code, as the engine writes it for people; several lines.
        microseconds: of these kernels in one run, together with all else that they compute; null:
            not measured.
    """

    kernel: str
    loops: str
    microseconds: float | None


class Node(TypedDict):
    """An operation.

    Attributes:
        id: a number, unique in the document; those of a run are not contiguous.
        name: with its scopes: "hidden/MatMul".
        type: of the operation; a key of `Document.operations`.
        scope: the scopes alone: "hidden"; "" for none. Scopes nest: "a/b" is inside "a". A scope
            may have the name of a node: a variable "W" has the nodes "W", "W/read" and "W/Assign".
        phase: "forward"; "backward": a part of a gradient, or computed from one; "update": it
            changes variables, or waits for what does; "start": a variable's initial value.
        inputs: what it reads, in order; [] for what was fed, since nobody asked how to compute it.
        controls: nodes that must have run before it, without giving it anything.
        outputs: its tensors; an operation without any (NoOp) has [].
        line: where it was made; null if nobody knows.
        step: its place in `Document.steps`; null if it was not run.
        gradient: one entry an input: null where gradient flows to that input, else why not.
        of: the forward node to whose gradient it belongs; null for others.
        engine: null where no engine can tell.
    """

    id: int
    name: str
    type: str
    scope: str
    phase: Literal["forward", "backward", "update", "start"]
    inputs: list[Place]
    controls: list[int]
    outputs: list[Output]
    line: Line | None
    step: int | None
    gradient: list[str | None]
    of: int | None
    engine: Engine | None


class OperationType(TypedDict):
    """A type of operation.

    Attributes:
        formula, gradient_formula: MathML, an element `<math>` each; null where we have none.
        plain, gradient_plain: the same as one line of text each; null where we have none.
        summary: the first line of its documentation; "" where there is none.
        compute: the source of its compute function; "" where there is none to be had.
        gradient: the source of its gradient; null: it has none.
        file, line: where `compute` begins; "" and 0 where there is none.
    """

    formula: str | None
    gradient_formula: str | None
    plain: str | None
    gradient_plain: str | None
    summary: str
    compute: str
    gradient: str | None
    file: str
    line: int


class Gradient(TypedDict):
    """A gradient that the run computed.

    Attributes:
        of: the tensor with respect to which.
        gradient: the tensor that is the gradient.
        norm: its Euclidean norm in this run; null if it was not computed.
    """

    of: Place
    gradient: Place
    norm: Number | None


class Culprit(TypedDict):
    """The node that made the first nan or infinity: its inputs are all finite.

    Attributes:
        node: its id.
        what: what it made; "nan" where it made both.
        why: in a sentence: "log of 0: x is between 0.0 and 0.9".
        operands: one line an operand, with its range: "x  'softmax'  float64[50, 2]  0.0 … 0.9".
    """

    node: int
    what: Literal["nan", "inf"]
    why: str
    operands: list[str]


class Failure(TypedDict):
    """The operation at which the run failed; those after it have no values.

    Attributes:
        node: its id; null where the run failed before its first step.
        text: the error, several lines.
    """

    node: int | None
    text: str


class Run(TypedDict):
    """One of several runs that can be looked at; there are several in a served page only.

    Attributes:
        number: counted from 1, over the whole program.
        label: what was fetched, and from which line.
        address: where it is, relative to the page.
        shown: whether it is this document's.
    """

    number: int
    label: str
    address: str
    shown: bool


class Document(TypedDict):
    """All that the page shows.

    Attributes:
        version: of this description.
        title: the program's name, or what was fetched.
        program: null if no file made the nodes.
        nodes: each after what it needs, nearly in the order in which they were made; of a run,
            those that it needs.
        steps: ids of nodes, in the order of evaluation; placeholders, variables and constants have
            a place as well, at which their value is there. [] if nothing was run.
        fetches, feeds: tensors; of a fetched operation without outputs, [id, -1].
        operations: by type.
        gradients: those among the nodes, of the tensors nearest to variables last.
        culprit: null if all is finite.
        error: null if the run succeeded.
        runs: null if there is only this one.
    """

    version: int
    title: str
    program: Program | None
    nodes: list[Node]
    steps: list[int]
    fetches: list[Place]
    feeds: list[Place]
    operations: dict[str, OperationType]
    gradients: list[Gradient]
    culprit: Culprit | None
    error: Failure | None
    runs: list[Run] | None
