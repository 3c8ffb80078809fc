"""Two transformer layers that predict the next character, Adam."""

import numpy as np

import tensorslow as tf

BATCH, TIME, WIDTH, HEADS, LAYERS = 16, 64, 128, 4, 2


def dense(x, w):
    """x [batch, time, inputs] times w [inputs, outputs]."""
    inputs, outputs = w.shape.as_list()
    return tf.reshape(tf.matmul(tf.reshape(x, [-1, inputs]), w), [BATCH, TIME, outputs])


def layer_norm(x, scale, offset):
    mean, variance = tf.nn.moments(x, [-1], keep_dims=True)
    return (x - mean) * tf.rsqrt(variance + 1e-5) * scale + offset


def gelu(x):
    return 0.5 * x * (1.0 + tf.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * tf.pow(x, 3))))


def attention(x, qkv, out):
    """Every position looks at itself and at what came before."""
    heads = tf.reshape(dense(x, qkv), [BATCH, TIME, 3, HEADS, WIDTH // HEADS])
    q, k, v = tf.unstack(tf.transpose(heads, [2, 0, 3, 1, 4]))
    scores = tf.matmul(q, k, transpose_b=True) / np.sqrt(WIDTH // HEADS)
    mask = np.tril(np.ones([TIME, TIME], np.float32))
    weights = tf.nn.softmax(scores * mask - 1e30 * (1 - mask))
    mixed = tf.transpose(tf.matmul(weights, v), [0, 2, 1, 3])
    return dense(tf.reshape(mixed, [BATCH, TIME, WIDTH]), out)


def build(initial):
    x = tf.placeholder(tf.int64, [BATCH, TIME], name="x")
    y = tf.placeholder(tf.int64, [BATCH, TIME], name="y")

    v = {name: tf.Variable(value, name=name) for name, value in initial.items()}

    h = tf.nn.embedding_lookup(v["emb"], x) + v["pos"]
    for i in range(LAYERS):
        a = layer_norm(h, v[f"g1{i}"], v[f"h1{i}"])
        h += attention(a, v[f"qkv{i}"], v[f"o{i}"])
        a = layer_norm(h, v[f"g2{i}"], v[f"h2{i}"])
        h += dense(gelu(dense(a, v[f"u{i}"]) + v[f"ub{i}"]), v[f"d{i}"]) + v[f"db{i}"]

    logits = dense(layer_norm(h, v["gf"], v["hf"]), v["head"])
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
    loss = tf.reduce_mean(losses)
    train = tf.train.AdamOptimizer(learning_rate=1e-3).minimize(loss)
    return (x, y), loss, train
