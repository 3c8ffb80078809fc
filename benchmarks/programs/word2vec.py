"""Words predict their neighbours: an embedding, a softmax over 2,000 words, Adagrad."""

import tensorslow as tf


def build(initial):
    words = tf.placeholder(tf.int64, [128], name="words")
    neighbours = tf.placeholder(tf.int64, [128], name="neighbours")

    emb = tf.Variable(initial["emb"], name="emb")
    w = tf.Variable(initial["w"], name="w")
    b = tf.Variable(initial["b"], name="b")

    vectors = tf.nn.embedding_lookup(emb, words)
    logits = tf.matmul(vectors, w, transpose_b=True) + b
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=neighbours, logits=logits)
    loss = tf.reduce_mean(losses)
    train = tf.train.AdagradOptimizer(0.1).minimize(loss)
    return (words, neighbours), loss, train
