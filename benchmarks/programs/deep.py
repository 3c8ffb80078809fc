"""Ten thin tanh layers fit a function, gradient descent with momentum."""

import tensorslow as tf


def build(initial):
    x = tf.placeholder(tf.float32, [32, 16], name="x")
    y = tf.placeholder(tf.float32, [32, 1], name="y")

    v = {name: tf.Variable(value, name=name) for name, value in initial.items()}

    h = x
    for i in range(10):
        h = tf.nn.tanh(tf.matmul(h, v[f"w{i}"]) + v[f"b{i}"])
    prediction = tf.matmul(h, v["w10"]) + v["b10"]
    loss = tf.reduce_mean(tf.square(prediction - y))
    train = tf.train.MomentumOptimizer(0.01, momentum=0.9).minimize(loss)
    return (x, y), loss, train
