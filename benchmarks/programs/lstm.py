"""An LSTM of 128 units reads 28 rows of 28 numbers, unrolled in the graph, Adam."""

import tensorslow as tf


def build(initial):
    x = tf.placeholder(tf.float32, [128, 28, 28], name="x")
    y = tf.placeholder(tf.int64, [128], name="y")

    kernel = tf.Variable(initial["k"], name="kernel")
    bias = tf.Variable(initial["b"], name="bias")
    w = tf.Variable(initial["w"], name="w")
    c = tf.Variable(initial["c"], name="c")

    state = output = tf.zeros([128, 128])
    for row in tf.unstack(x, 28, axis=1):
        gates = tf.matmul(tf.concat([row, output], axis=1), kernel) + bias
        i, j, f, o = tf.split(gates, 4, axis=1)
        state = tf.sigmoid(f + 1.0) * state + tf.sigmoid(i) * tf.tanh(j)
        output = tf.sigmoid(o) * tf.tanh(state)

    logits = tf.matmul(output, w) + c
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
    loss = tf.reduce_mean(losses)
    train = tf.train.AdamOptimizer(learning_rate=1e-3).minimize(loss)
    return (x, y), loss, train
