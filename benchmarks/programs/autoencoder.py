"""784 numbers through 32 and back, sigmoids, mean squared error, Adam."""

import tensorslow as tf


def build(initial):
    x = tf.placeholder(tf.float32, [None, 784], name="x")

    v = {name: tf.Variable(value, name=name) for name, value in initial.items()}

    h = x
    for i in range(4):
        h = tf.nn.sigmoid(tf.add(tf.matmul(h, v[f"w{i}"]), v[f"b{i}"]))
    loss = tf.reduce_mean(tf.pow(x - h, 2))
    train = tf.train.AdamOptimizer(0.01).minimize(loss)
    return (x,), loss, train
