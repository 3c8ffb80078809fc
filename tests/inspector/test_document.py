"""The document: what it says of a run is what the session says."""

from __future__ import annotations

import json

import numpy as np
import pytest

import tensorslow as ts
from tensorslow.inspector import document as described
from tests.inspector.networks import deep, node, xor

EXACT = 1e-5  # previews have six digits


@pytest.fixture(scope="module")
def network():
    return xor()


@pytest.fixture(scope="module")
def found(network):
    session = ts.Session(graph=network.graph)
    return ts.inspect([network.loss, network.step], network.feeds, session).document


def test_every_value_is_what_session_run_gives(network, found):
    session = ts.Session(graph=network.graph, engine="numpy")
    compared = 0
    for entry in found["nodes"]:
        for i, output in enumerate(entry["outputs"]):
            tensor = network.graph.get_tensor_by_name(f"{entry['name']}:{i}")
            if entry["phase"] == "update":
                continue  # it would train
            expected = np.asarray(session.run(tensor, network.feeds))
            value = output["value"]
            assert output["shape"] == value["shape"] == list(expected.shape)
            assert value["dtype"] == output["dtype"] == ts.as_dtype(expected.dtype).name
            np.testing.assert_allclose(value["preview"], expected, EXACT)
            np.testing.assert_allclose(value["norm"], np.linalg.norm(expected), 1e-8)
            np.testing.assert_allclose(
                [value["min"], value["max"]], [expected.min(), expected.max()]
            )
            np.testing.assert_allclose(value["mean"], expected.mean(), 1e-8, 1e-12)
            np.testing.assert_allclose(value["std"], expected.std(), 1e-8, 1e-12)
            compared += 1
    assert compared > 30


def test_an_update_shows_the_new_value_and_changes_nothing(network):
    session = ts.Session(graph=network.graph)
    before = session.run(network.w)
    document = ts.inspect([network.loss, network.step], network.feeds, session).document
    np.testing.assert_array_equal(session.run(network.w), before)
    session.run(network.step, network.feeds)
    after = session.run(network.w)
    update = node(document, "GradientDescent/update_hidden/w/ApplyGradientDescent")
    np.testing.assert_allclose(update["outputs"][0]["value"]["preview"], after, EXACT)
    assert not np.allclose(before, after)


def test_random_draws_are_those_of_the_next_run():
    with ts.Graph().as_default():
        drawn = ts.random_normal([5], seed=3, name="drawn")
        session = ts.Session()
        session.run(drawn)
        for _ in range(2):
            document = ts.inspect(drawn, session=session).document
        preview = node(document, "drawn")["outputs"][0]["value"]["preview"]
        np.testing.assert_allclose(preview, session.run(drawn), EXACT)


def test_it_has_exactly_the_parts_that_are_described(found):
    def keys(kind):
        return set(kind.__annotations__)

    assert set(found) == keys(described.Document)
    assert found["version"] == described.VERSION
    for entry in found["nodes"]:
        assert set(entry) == keys(described.Node)
        assert entry["line"] is None or set(entry["line"]) == keys(described.Line)
        for output in entry["outputs"]:
            assert set(output) == keys(described.Output)
            assert set(output["value"]) == keys(described.Value)
    for operation in found["operations"].values():
        assert set(operation) == keys(described.OperationType)
    assert all(set(x) == keys(described.Gradient) for x in found["gradients"])
    assert set(found["program"]) == keys(described.Program)


def test_every_reference_leads_to_a_node_that_came_before(found):
    place = {entry["id"]: i for i, entry in enumerate(found["nodes"])}
    for entry in found["nodes"]:
        for source, output in entry["inputs"]:
            assert place[source] < place[entry["id"]]
            assert output < len(found["nodes"][place[source]]["outputs"])
        assert all(place[other] < place[entry["id"]] for other in entry["controls"])
        assert entry["of"] is None or found["nodes"][place[entry["of"]]]["phase"] == "forward"
        assert len(entry["gradient"]) == len(entry["inputs"])
        assert entry["type"] in found["operations"]
    assert [place[x] for x in found["steps"]] == list(range(len(place)))
    assert [entry["step"] for entry in found["nodes"]] == list(range(len(place)))


def test_fetches_feeds_and_phases(network, found):
    assert found["fetches"] == [[network.loss.op.id, 0], [network.step.id, -1]]
    assert found["feeds"] == [[network.x.op.id, 0], [network.c.op.id, 0]]
    phase = {entry["name"]: entry["phase"] for entry in found["nodes"]}
    assert phase["hidden/MatMul"] == phase["x"] == phase["hidden/w"] == "forward"
    assert phase["gradients/loss_grad/Neg"] == "backward"
    assert phase["gradients/grad_ys_0"] == "backward"
    assert phase["GradientDescent"] == "update"
    assert phase["GradientDescent/learning_rate"] == "update"


def test_an_initializer_is_a_beginning(network):
    document = ts.inspect(network.w.initializer, graph=network.graph).document
    phases = {entry["name"]: entry["phase"] for entry in document["nodes"]}
    assert phases.pop("hidden/w") == "forward"
    assert set(phases.values()) == {"start"}


def test_nodes_name_the_users_line(found):
    entry = node(found, "hidden/MatMul")
    assert entry["line"]["file"].endswith("networks.py")
    assert entry["line"]["text"] == "hidden = ts.sigmoid(ts.matmul(x, w) + b)"
    lines = found["program"]["lines"]
    assert lines[entry["line"]["number"] - 1].strip() == entry["line"]["text"]


def test_gradients_are_those_of_the_tensors(network, found):
    session = ts.Session(graph=network.graph)
    names = {entry["id"]: entry["name"] for entry in found["nodes"]}
    norms = {names[x["of"][0]]: x["norm"] for x in found["gradients"]}
    with network.graph.as_default():
        tensors = [network.w, network.b, network.v]
        tensors += [network.graph.get_tensor_by_name(f"{n}:0") for n in norms]
        gradients = session.run(ts.gradients(network.loss, tensors), network.feeds)
    for tensor, gradient in zip(tensors, gradients, strict=True):
        assert norms[tensor.op.name] == pytest.approx(np.linalg.norm(gradient), 1e-8), tensor
    assert len(norms) >= 9


def test_operation_types_bring_their_source(found):
    matmul = found["operations"]["MatMul"]
    assert matmul["compute"].startswith("def _matmul_compute(xp")
    assert "transpose_b" in matmul["gradient"]
    assert matmul["formula"].startswith("<math")
    assert matmul["plain"] == "y = a b"
    assert matmul["gradient_plain"] == "da = dy bᵀ,  db = aᵀ dy"
    assert matmul["summary"].startswith("The product of two matrices")
    assert matmul["file"] == "tensorslow/ops/matmul.py"
    assert found["operations"]["Placeholder"]["compute"] == ""
    assert found["operations"]["VariableV2"]["summary"].startswith("A tensor whose value")


def test_inputs_without_gradient_say_why():
    with ts.Graph().as_default():
        x = ts.placeholder(ts.float32, [3], name="x")
        y = ts.cast(ts.argmax(x, name="best"), ts.float32) * ts.stop_gradient(x)
        document = ts.inspect(y, {x: [1, 2, 3]}).document
    assert "place of an element" in node(document, "best")["gradient"][0]
    assert "axes and sizes" in node(document, "best")["gradient"][1]
    assert "stop_gradient" in node(document, "StopGradient")["gradient"][0]
    assert node(document, "mul")["gradient"] == [None, None]


def test_it_is_strict_json_whatever_the_values_are():
    with ts.Graph().as_default():
        x = ts.placeholder(ts.float32, [4], name="x")
        z = ts.placeholder(ts.complex64, [2], name="z")
        text = ts.placeholder(ts.string, [2], name="text")
        nodes = [ts.log(x, name="log"), z, text]
        feeds = {x: [0, -1, np.inf, np.nan], z: [1 + 2j, np.nan], text: ["a", "<b>"]}
        found = ts.inspect(nodes, feeds)
    document = json.loads(found.json(), parse_constant=pytest.fail)
    value = node(document, "x")["outputs"][0]["value"]
    assert value["preview"] == [0, -1, "inf", "nan"]
    assert (value["nan"], value["inf"], value["min"], value["max"]) == (1, 1, -1, 0)
    assert node(document, "z")["outputs"][0]["value"]["preview"][0] == "(1+2j)"
    assert node(document, "text")["outputs"][0]["value"]["preview"] == ["a", "<b>"]


@pytest.mark.slow
def test_two_thousand_nodes_are_below_three_megabytes():
    network = deep(72)
    found = ts.inspect([network.loss, network.step], network.feeds, graph=network.graph)
    assert len(found.document["nodes"]) > 1900
    assert len(found.json().encode()) < 3e6
    values = [x["value"] for n in found.document["nodes"] for x in n["outputs"]]
    assert all(value is not None for value in values)


def test_a_run_that_fails_is_shown_up_to_there():
    with ts.Graph().as_default():
        x = ts.placeholder(ts.float32, [None], name="x")
        before = ts.add(x, 1.0, name="before")
        failing = ts.add(before, ts.placeholder(ts.float32, [None], name="y"), name="failing")
        after = ts.square(failing, name="after")
        found = ts.inspect(after, {x: [1, 2], "y:0": [1, 2, 3]})
    document = found.document
    assert document["error"]["node"] == failing.op.id
    assert "failing" in document["error"]["text"]
    assert node(document, "before")["outputs"][0]["value"]["preview"] == [2, 3]
    assert node(document, "after")["outputs"][0]["value"] is None
    assert node(document, "after")["step"] is None
    assert "failed: AddV2" in repr(found)


def test_what_is_fed_in_the_middle_reads_nothing():
    with ts.Graph().as_default():
        x = ts.placeholder(ts.float32, [], name="x")
        middle = ts.square(x, name="middle")
        document = ts.inspect(middle + 1.0, {middle: 5.0}).document
    assert [entry["name"] for entry in document["nodes"]] == ["middle", "add/y", "add"]
    assert node(document, "middle")["inputs"] == []
    assert node(document, "add")["outputs"][0]["value"]["preview"] == 6


def test_branches_loops_and_users_own_operations_are_nodes():
    class Double(ts.Operation):
        """Twice as much."""

        def __init__(self, x):
            super().__init__([x])

        def compute(self, x):
            return 2 * x

    with ts.Graph().as_default():
        x = ts.placeholder(ts.float32, [], name="x")
        looped = ts.while_loop(lambda i: i < 10.0, lambda i: i + 3.0, [x])
        chosen = ts.cond(x > 0.0, lambda: x + 1.0, lambda: x - 1.0)
        document = ts.inspect([looped, chosen, Double(x)], {x: 2.0}).document
    kinds = {entry["type"]: entry["outputs"] for entry in document["nodes"]}
    last = [x["value"]["preview"] for x in kinds["While"] if x["value"]]
    assert 11 in last
    assert [x["value"]["preview"] for x in kinds["If"]] == [3]
    assert kinds["Double"][0]["value"]["preview"] == 4
    assert document["operations"]["Double"]["summary"] == "Twice as much."
    assert "return 2 * x" in document["operations"]["Double"]["compute"]


def test_what_cannot_run_says_so_as_session_run_does(network):
    with pytest.raises(ValueError, match="placeholder 'c' was not fed"):
        ts.inspect(network.loss, {network.x: [[0, 0]]}, graph=network.graph)
    with pytest.raises(ValueError, match="of another graph"):
        ts.inspect(network.loss, {}, ts.Session(graph=network.graph), ts.Graph())
    with pytest.raises(TypeError, match="cannot fetch 3"):
        ts.inspect(3)


def test_a_compiled_run_names_the_kernel_of_a_node(network):
    pytest.importorskip("llvmlite", reason="there is no compiler without it")
    session = ts.Session(graph=network.graph)
    plain = ts.inspect(network.loss, network.feeds, session, engine=False).document
    assert all(entry["engine"] is None for entry in plain["nodes"])
    document = ts.inspect(network.loss, network.feeds, session, times=True).document
    made = node(document, "hidden/MatMul")["engine"]
    assert "product [4, 2]·[2, 2]" in made["kernel"]
    assert "for " in made["loops"] or made["loops"]
    assert made["microseconds"] is None or made["microseconds"] >= 0
    assert node(document, "x")["engine"] is None


def test_an_engine_that_cannot_tell_adds_nothing(network):
    session = ts.Session(graph=network.graph, engine="numpy")
    document = ts.inspect(network.loss, network.feeds, session, engine=True).document
    assert {str(entry["engine"]) for entry in document["nodes"]} == {"None"}
