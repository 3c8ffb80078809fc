"""XOR: two sigmoid units, two scores, gradient descent on the summed loss."""

import tensorslow as tf


def build(initial):
    x = tf.placeholder(tf.float32, [100, 2], name="x")
    y = tf.placeholder(tf.int64, [100], name="y")

    w0 = tf.Variable(initial["w0"], name="w0")
    b0 = tf.Variable(initial["b0"], name="b0")
    w1 = tf.Variable(initial["w1"], name="w1")
    b1 = tf.Variable(initial["b1"], name="b1")

    hidden = tf.sigmoid(tf.matmul(x, w0) + b0)
    logits = tf.matmul(hidden, w1) + b1
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
    loss = tf.reduce_sum(losses)
    train = tf.train.GradientDescentOptimizer(learning_rate=0.03).minimize(loss)
    return (x, y), loss, train
