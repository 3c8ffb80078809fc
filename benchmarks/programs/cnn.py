"""Two convolutions with pooling and two dense layers on 28×28 pictures, Adam."""

import tensorslow as tf


def conv_pool(x, kernel, bias):
    x = tf.nn.conv2d(x, kernel, strides=[1, 1, 1, 1], padding="SAME")
    x = tf.nn.relu(tf.nn.bias_add(x, bias))
    return tf.nn.max_pool(x, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME")


def build(initial):
    x = tf.placeholder(tf.float32, [128, 28, 28, 1], name="x")
    y = tf.placeholder(tf.int64, [128], name="y")

    v = {name: tf.Variable(value, name=name) for name, value in initial.items()}

    h = conv_pool(x, v["k0"], v["b0"])  # [128, 14, 14, 32]
    h = conv_pool(h, v["k1"], v["b1"])  # [128, 7, 7, 64]
    h = tf.reshape(h, [-1, 7 * 7 * 64])
    h = tf.nn.relu(tf.matmul(h, v["w0"]) + v["c0"])
    logits = tf.matmul(h, v["w1"]) + v["c1"]
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
    loss = tf.reduce_mean(losses)
    train = tf.train.AdamOptimizer(learning_rate=1e-3).minimize(loss)
    return (x, y), loss, train
