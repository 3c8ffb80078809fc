"""Logistic regression on 784 numbers with one-hot labels, gradient descent."""

import tensorslow as tf


def build(initial):
    x = tf.placeholder(tf.float32, [None, 784], name="x")
    y = tf.placeholder(tf.float32, [None, 10], name="y")

    w = tf.Variable(initial["w"], name="w")
    b = tf.Variable(initial["b"], name="b")

    logits = tf.matmul(x, w) + b
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=y, logits=logits))
    train = tf.train.GradientDescentOptimizer(0.05).minimize(loss)
    return (x, y), loss, train
