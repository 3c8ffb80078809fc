"""A GRU of 64 units over 40 time steps in a while loop, RMSProp."""

import tensorslow as tf


def build(initial):
    x = tf.placeholder(tf.float32, [32, 40, 16], name="x")
    y = tf.placeholder(tf.int64, [32], name="y")

    v = {name: tf.Variable(value, name=name) for name, value in initial.items()}
    rows = tf.transpose(x, [1, 0, 2])

    def step(t, h):
        row = tf.gather(rows, t)
        gates = tf.sigmoid(tf.matmul(tf.concat([row, h], 1), v["kg"]) + v["bg"])
        r, u = tf.split(gates, 2, axis=1)
        candidate = tf.tanh(tf.matmul(tf.concat([row, r * h], 1), v["kc"]) + v["bc"])
        return t + 1, u * h + (1 - u) * candidate

    start = [0, tf.zeros([32, 64])]
    _, h = tf.while_loop(lambda t, h: t < 40, step, start, maximum_iterations=40)
    logits = tf.matmul(h, v["w"]) + v["c"]
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
    loss = tf.reduce_mean(losses)
    train = tf.train.RMSPropOptimizer(1e-3).minimize(loss)
    return (x, y), loss, train
