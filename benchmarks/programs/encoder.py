"""A wide transformer layer classifies sequences, clipped gradients, Adam with a decaying rate."""

import numpy as np

import tensorslow as tf

BATCH, TIME, WIDTH, HEADS = 8, 48, 256, 8


def dense(x, w):
    return tf.tensordot(x, w, [[2], [0]])


def split_heads(x):
    return tf.transpose(tf.reshape(x, [BATCH, TIME, HEADS, WIDTH // HEADS]), [0, 2, 1, 3])


def layer_norm(x, scale, offset):
    mean, variance = tf.nn.moments(x, [-1], keep_dims=True)
    return tf.nn.batch_normalization(x, mean, variance, offset, scale, 1e-6)


def build(initial):
    x = tf.placeholder(tf.int64, [BATCH, TIME], name="x")
    y = tf.placeholder(tf.int64, [BATCH], name="y")

    v = {name: tf.Variable(value, name=name) for name, value in initial.items()}

    h = tf.nn.embedding_lookup(v["emb"], x) * np.sqrt(WIDTH) + v["pos"]
    q, k, values = (split_heads(dense(h, v[name])) for name in "qkv")
    weights = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) * (WIDTH // HEADS) ** -0.5)
    mixed = tf.transpose(tf.matmul(weights, values), [0, 2, 1, 3])
    mixed = dense(tf.reshape(mixed, [BATCH, TIME, WIDTH]), v["o"])
    h = layer_norm(h + mixed, v["g1"], v["h1"])
    a = dense(tf.nn.relu(dense(h, v["u"]) + v["ub"]), v["d"]) + v["db"]
    h = layer_norm(h + a, v["g2"], v["h2"])

    logits = tf.matmul(tf.reduce_mean(h, 1), v["w"]) + v["c"]
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
    loss = tf.reduce_mean(losses)

    step = tf.train.get_or_create_global_step()
    rate = tf.train.exponential_decay(1e-4, step, decay_steps=1000, decay_rate=0.9)
    optimizer = tf.train.AdamOptimizer(rate)
    gradients, variables = zip(*optimizer.compute_gradients(loss))
    gradients, _ = tf.clip_by_global_norm(gradients, 1.0)
    train = optimizer.apply_gradients(zip(gradients, variables), global_step=step)
    return (x, y), loss, train
