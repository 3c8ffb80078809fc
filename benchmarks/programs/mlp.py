"""Three dense layers, 784-256-256-10, relu, Adam."""

import tensorslow as tf


def build(initial):
    x = tf.placeholder(tf.float32, [128, 784], name="x")
    y = tf.placeholder(tf.int64, [128], name="y")

    w0 = tf.Variable(initial["w0"], name="w0")
    b0 = tf.Variable(initial["b0"], name="b0")
    w1 = tf.Variable(initial["w1"], name="w1")
    b1 = tf.Variable(initial["b1"], name="b1")
    w2 = tf.Variable(initial["w2"], name="w2")
    b2 = tf.Variable(initial["b2"], name="b2")

    h0 = tf.nn.relu(tf.matmul(x, w0) + b0)
    h1 = tf.nn.relu(tf.matmul(h0, w1) + b1)
    logits = tf.matmul(h1, w2) + b2
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
    loss = tf.reduce_mean(losses)
    train = tf.train.AdamOptimizer(learning_rate=1e-3).minimize(loss)
    return (x, y), loss, train
