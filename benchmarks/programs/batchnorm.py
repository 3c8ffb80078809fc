"""3×3 convolutions with strides and batch normalisation on 32×32 colour pictures, momentum."""

import tensorslow as tf


def conv_norm_relu(x, kernel, scale, offset, stride):
    x = tf.nn.conv2d(x, kernel, strides=[1, stride, stride, 1], padding="SAME")
    mean, variance = tf.nn.moments(x, [0, 1, 2])
    return tf.nn.relu(tf.nn.batch_normalization(x, mean, variance, offset, scale, 1e-3))


def build(initial):
    x = tf.placeholder(tf.float32, [64, 32, 32, 3], name="x")
    y = tf.placeholder(tf.int64, [64], name="y")

    v = {name: tf.Variable(value, name=name) for name, value in initial.items()}

    h = conv_norm_relu(x, v["k0"], v["g0"], v["h0"], stride=1)
    h = conv_norm_relu(h, v["k1"], v["g1"], v["h1"], stride=2)
    h = conv_norm_relu(h, v["k2"], v["g2"], v["h2"], stride=2)
    logits = tf.matmul(tf.reduce_mean(h, [1, 2]), v["w"]) + v["c"]
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
    loss = tf.reduce_mean(losses)
    train = tf.train.MomentumOptimizer(0.05, momentum=0.9).minimize(loss)
    return (x, y), loss, train
