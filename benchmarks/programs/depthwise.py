"""Depthwise and 1×1 convolutions with relu6 on 32×32 colour pictures, Adam."""

import tensorslow as tf


def build(initial):
    x = tf.placeholder(tf.float32, [32, 32, 32, 3], name="x")
    y = tf.placeholder(tf.int64, [32], name="y")

    v = {name: tf.Variable(value, name=name) for name, value in initial.items()}

    h = tf.nn.relu6(tf.nn.conv2d(x, v["k"], strides=[1, 1, 1, 1], padding="SAME") + v["b"])
    for i, stride in enumerate([1, 2, 2]):
        strides = [1, stride, stride, 1]
        h = tf.nn.separable_conv2d(h, v[f"d{i}"], v[f"p{i}"], strides, padding="SAME")
        h = tf.nn.relu6(h + v[f"b{i}"])
    h = tf.nn.avg_pool(h, [1, 8, 8, 1], [1, 8, 8, 1], "VALID")
    logits = tf.matmul(tf.squeeze(h, [1, 2]), v["w"]) + v["c"]
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
    loss = tf.reduce_mean(losses)
    train = tf.train.AdamOptimizer(1e-3).minimize(loss)
    return (x, y), loss, train
