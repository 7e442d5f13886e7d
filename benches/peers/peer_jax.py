"""The named work of `flatscape bench` in JAX: everything in one `jit`, populations by `vmap`, chunks by `jax.lax.map`.

usage: peer_jax.py mlp|cnn [figure...]
"""

import json
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

NAME, WANTED = sys.argv[1], sys.argv[2:]
key = jax.random.PRNGKey(0)


def mlp(ps, x):
    for w, b in ps[:-1]:
        x = jnp.tanh(x @ w + b)
    w, b = ps[-1]
    return x @ w + b


def cnn(p, x):
    names = ("NCHW", "OIHW", "NCHW")
    for i in (0, 2):
        x = jax.lax.conv_general_dilated(x, p[i], (1, 1), "SAME", dimension_numbers=names) + p[i + 1][None, :, None, None]
        x = jax.nn.relu(x)
    x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
    return x.reshape(x.shape[0], -1) @ p[4] + p[5]


if NAME == "mlp":
    sizes = (2, 64, 64, 2)
    keys = jax.random.split(key, 3)
    params = [(jax.random.normal(k, (a, b)) / np.sqrt(a), jnp.zeros(b)) for k, a, b in zip(keys, sizes, sizes[1:])]
    net, x = mlp, jax.random.normal(key, (1024, 2))
    y = (x[:, 0] * x[:, 1] > 0).astype(int)
else:
    k = jax.random.split(key, 3)
    params = [jax.random.normal(k[0], (16, 1, 3, 3)) / 3, jnp.zeros(16), jax.random.normal(k[1], (32, 16, 3, 3)) / 12,
              jnp.zeros(32), jax.random.normal(k[2], (512, 10)) / 22, jnp.zeros(10)]
    net, x = cnn, jax.random.normal(key, (256, 1, 8, 8))
    y = jax.random.randint(key, (256,), 0, 10)
w0, unravel = ravel_pytree(params)


def loss(w):
    logits = net(unravel(w), x)
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], 1))


def bench(figure, f, *args, runs):
    if WANTED and figure not in WANTED:
        return
    jax.block_until_ready(f(*args))
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        jax.block_until_ready(f(*args))
        times.append((time.perf_counter() - start) * 1e3)
    print(json.dumps({"peer": "jax", "work": NAME, "figure": figure, "ms": round(float(np.median(times)), 4),
                      "min": round(min(times), 4), "runs": runs}), flush=True)


def sam(w):
    g = jax.grad(loss)(w)
    return w - 1e-6 * jax.grad(loss)(w + 0.05 * g / jnp.linalg.norm(g))


def nso(w, key, k, sigma=0.01):
    u = sigma * jax.random.normal(key, (k, w.size))
    return w - 1e-6 * jax.vmap(jax.grad(loss))(jnp.concatenate([w + u, w - u])).mean(0)


def hvp(w, v):
    return jax.jvp(jax.grad(loss), (w,), (v,))[1]


def curvature(w, v):
    return jax.jvp(lambda w: jax.jvp(loss, (w,), (v,))[1], (w,), (v,))[1]


def power(w):
    def body(v, _):
        h = hvp(w, v)
        return h / jnp.linalg.norm(h), v @ h

    v = jax.random.normal(key, w.shape)
    return jax.lax.scan(body, v / jnp.linalg.norm(v), None, length=20)[1][-1]


bench("sgd_step", jax.jit(lambda w: w - 1e-6 * jax.grad(loss)(w)), w0, runs=50)
bench("sam_step", jax.jit(sam), w0, runs=50)
for k in (1, 4, 16):
    bench(f"nso_step_k{k}", jax.jit(lambda w, key, k=k: nso(w, key, k)), w0, key, runs=20)
d1, d2 = jax.random.normal(key, (2, w0.size))
a, b = jnp.meshgrid(jnp.linspace(-1, 1, 51), jnp.linspace(-1, 1, 51))
points = jnp.stack([a.ravel(), b.ravel()], 1)
one = jax.jit(lambda w: jax.lax.map(lambda ab: loss(w + ab[0] * d1 + ab[1] * d2), points, batch_size=51))
bench("slice_51x51", one, w0, runs=3)
probes = jax.random.rademacher(key, (64, w0.size)).astype(jnp.float32)
ways = {
    "trace_64": lambda w: jnp.mean(jax.lax.map(lambda v: v @ hvp(w, v), probes, batch_size=8)),
    "trace_64_forward": lambda w: jnp.mean(jax.lax.map(lambda v: curvature(w, v), probes, batch_size=8)),
}
for name, way in ways.items():
    bench(name, jax.jit(way), w0, runs=5)
bench("top_eig_20", jax.jit(power), w0, runs=5)
