"""The operations: a file a family, each operation with its computation, gradient and documentation.

    constants     placeholder constant ranges one_hot
    elementwise   elementwise division powers exponential trigonometric hyperbolic rounding special
                  no_nan comparison logical selection clipping casting identity conjugate
    shapes        shape transpose join tile pad reverse roll slicing indexing meshgrid diagonal
    by number     gather gather_nd embedding partition sorting unique argmax
    reductions    reduce statistics norms cumulative
    products      matmul einsum
    networks      activations softmax losses bias dropout normalization batch_norm
                  response_normalization conv depthwise pool windows1d windows3d windows_nd
    randomness    random random_choice seeds
    state         variable optimizer_updates group host
    control flow  control_flow higher_order
    gradients'    broadcast (its adjoint: sum_to) running_products control_gradients func_graph
    own needs     indexed_slices
    helpers       arguments axes equations layout conv_kernels pool_kernels philox

`operators` gives tensors x + y and x[...]; `install` of it and of `host` are called by the package.
"""
