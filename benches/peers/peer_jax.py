"""The named works of `flatscape bench` in JAX.

usage: peer_jax.py WORK [FIGURE...] | --check [WORK...] | --serve

Each figure is done in several forms, of which the fastest counts: one program of `jit` with `vmap` over samples, points and
probes, all at once or some at a time; one with `map`, one after the other within the program; and `loop`, a small program that
Python calls again and again, since XLA's convolutions on a processor are slow within a program's own loops.
"""

import os

from works import WORKS, direction, main, weights


def load(gpu):
    if not gpu:
        os.environ["JAX_PLATFORMS"] = "cpu"

    import jax
    import jax.numpy as jnp
    import numpy as np
    from jax.flatten_util import ravel_pytree

    if gpu and jax.default_backend() != "gpu":
        raise RuntimeError("JAX finds no GPU")

    # Images have their channels last, as XLA's convolutions on a processor want them.
    layout = ("NHWC", "HWIO", "NHWC")

    def conv(x, w, stride, padding):
        return jax.lax.conv_general_dilated(x, w, (stride, stride), padding, dimension_numbers=layout)

    def layer_norm(x, w, b):
        mean = x.mean(-1, keepdims=True)
        variance = ((x - mean) ** 2).mean(-1, keepdims=True)
        return (x - mean) * jax.lax.rsqrt(variance + 1e-5) * w + b

    def attention(x, in_w, in_b, out_w, out_b, heads, causal):
        n, t, d = x.shape
        q, k, v = jnp.moveaxis((x @ in_w.T + in_b).reshape(n, t, 3, heads, d // heads), 2, 0)
        scores = jnp.einsum("nqhd,nkhd->nhqk", q, k) / np.sqrt(d // heads)
        if causal:
            scores = jnp.where(jnp.tril(jnp.ones((t, t), bool)), scores, -jnp.inf)
        y = jnp.einsum("nhqk,nkhd->nqhd", jax.nn.softmax(scores), v).reshape(n, t, d)
        return y @ out_w.T + out_b

    def block(x, ps, heads, causal, approximate):
        x = x + attention(layer_norm(x, ps[0], ps[1]), *ps[2:6], heads, causal)
        h = jax.nn.gelu(layer_norm(x, ps[6], ps[7]) @ ps[8].T + ps[9], approximate=approximate)
        return x + h @ ps[10].T + ps[11]

    def mlp(ps, x):
        x = jnp.tanh(x @ ps[0].T + ps[1])
        return jnp.tanh(x @ ps[2].T + ps[3]) @ ps[4].T + ps[5]

    def cnn(ps, x):
        x = jax.nn.relu(conv(x, ps[0], 1, "SAME") + ps[1])
        x = jax.nn.relu(conv(x, ps[2], 1, "SAME") + ps[3])
        x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
        # PyTorch flattens channels first.
        return jnp.moveaxis(x, 3, 1).reshape(x.shape[0], -1) @ ps[4].T + ps[5]

    def resnet(ps, x):
        ps = iter(ps)

        def normed(x, stride, pad):
            x = conv(x, next(ps), stride, ((pad, pad), (pad, pad)))
            mean = x.mean((0, 1, 2))
            variance = ((x - mean) ** 2).mean((0, 1, 2))
            return (x - mean) * jax.lax.rsqrt(variance + 1e-5) * next(ps) + next(ps)

        x = jax.nn.relu(normed(x, 1, 1))
        for stride in (1, 2, 2):
            y = normed(jax.nn.relu(normed(x, stride, 1)), 1, 1)
            x = jax.nn.relu(y + (x if stride == 1 else normed(x, stride, 0)))
        w, b = next(ps), next(ps)
        return x.mean((1, 2)) @ w.T + b

    def gpt_mini(ps, x):
        x = ps[0][x] + ps[1]
        for i in range(4):
            x = block(x, ps[2 + 12 * i:14 + 12 * i], 4, True, True)
        x = layer_norm(x, ps[50], ps[51]) @ ps[0].T
        return x.reshape(-1, x.shape[-1])

    def vit(ps, x):
        n, _, _, width = (x := conv(x, ps[0], 2, "VALID") + ps[1]).shape
        x = x.reshape(n, -1, width) + ps[2]
        for i in range(2):
            x = block(x, ps[3 + 12 * i:15 + 12 * i], 4, False, False)
        return layer_norm(x, ps[27], ps[28]).mean(1) @ ps[29].T + ps[30]

    nets = {"mlp": mlp, "cnn": cnn, "resnet": resnet, "gpt-mini": gpt_mini, "vit": vit}

    def ours(p):
        return np.transpose(p, (2, 3, 1, 0)) if p.ndim == 4 else p

    def problem(name, dtype):
        """The loss as a function of flat weights, these weights, and the direction of the check."""
        x, y, shapes = WORKS[name]()
        if x.ndim == 4:
            x = np.moveaxis(x, 1, 3)
        x = jnp.asarray(x, dtype) if x.dtype == np.float32 else jnp.asarray(x, jnp.int32)
        y = jnp.asarray(y.reshape(-1, 1), jnp.int32)
        w, unravel = ravel_pytree([jnp.asarray(ours(p), dtype) for p in weights(shapes)])
        v, _ = ravel_pytree([jnp.asarray(ours(p), dtype) for p in direction(shapes)])

        def loss(w):
            return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(nets[name](unravel(w), x)), y, 1))

        return loss, w, v

    def product(loss, w, v):
        return jax.jvp(jax.grad(loss), (w,), (v,))[1]

    def check(name):
        with jax.enable_x64(True):
            loss, w, v = problem(name, jnp.float64)
            norm = jnp.linalg.norm(jax.jit(jax.grad(loss))(w))
            curvature = v @ jax.jit(lambda w, v: product(loss, w, v))(w, v)
            return {"loss": float(loss(w)), "gradient": float(norm), "curvature": float(curvature)}

    def work(name):
        loss, start, _ = problem(name, jnp.float32)
        size = start.size

        def compiled(of, *args, **options):
            return jax.jit(of, **options).lower(*args).compile()

        # A step keeps its weights and ends with one of them on the host; its random numbers are part of it.
        def stepping(gradient):
            state = [jnp.copy(start), jax.random.key(0)]
            step = compiled(lambda w, key: (w - 1e-6 * gradient(w, key), jax.random.split(key)[0]), *state, donate_argnums=0)

            def run():
                state[:] = step(*state)
                return float(state[0][0])

            return run, False

        def measured(of):
            of = compiled(of, start)
            return (lambda: np.asarray(of(start))), False

        def sam(w, _):
            g = jax.grad(loss)(w)
            return jax.grad(loss)(w + 0.05 * g / jnp.linalg.norm(g))

        def over(of, xs, batch):
            """`of` each of `xs`, `batch` at a time by `vmap`."""
            return jax.vmap(of)(xs) if batch == len(xs) else jax.lax.map(of, xs, batch_size=batch if batch > 1 else None)

        def nso(k, batch):
            def gradient(w, key):
                u = 0.01 * jax.random.normal(key, (k, size))
                return over(jax.grad(loss), jnp.concatenate([w + u, w - u]), min(batch, 2 * k)).mean(0)

            return gradient

        def nso_loop(k):
            state = [jnp.copy(start), jax.random.key(0)]
            draw = compiled(lambda key: (0.01 * jax.random.normal(key, (k, size)), jax.random.split(key)[0]), state[1])
            add = compiled(lambda total, w, u, c: total + jax.grad(loss)(w + c * u) / (2 * k), start, start, start, 1.0)
            move = compiled(lambda w, g: w - 1e-6 * g, start, start)

            def run():
                us, state[1] = draw(state[1])
                total = jnp.zeros(size)
                for u in us:
                    for sign in (1.0, -1.0):
                        total = add(total, state[0], u, sign)
                state[0] = move(state[0], total)
                return float(state[0][0])

            return run, False

        keys = jax.random.split(jax.random.key(1), 4)
        along = jax.random.normal(keys[0], (2, size))
        axis = jnp.linspace(-1, 1, 51)
        points = jnp.stack(jnp.meshgrid(axis, axis), -1).reshape(-1, 2)
        probes = jax.random.rademacher(keys[1], (64, size)).astype(jnp.float32)
        first = jax.random.normal(keys[2], (size,))

        def sliced(batch):
            return lambda w: over(lambda c: loss(w + c @ along), points, batch)

        def reverse(batch):
            return lambda w: over(lambda v: v @ product(loss, w, v), probes, batch).mean()

        def second(w, v):
            return jax.jvp(lambda w: jax.jvp(loss, (w,), (v,))[1], (w,), (v,))[1]

        def forward(batch):
            return lambda w: over(lambda v: second(w, v), probes, batch).mean()

        def slice_loop():
            at = compiled(lambda c: loss(start + c @ along), points[0])
            places = list(points)
            return (lambda: np.asarray(jnp.stack([at(c) for c in places]))), False

        def trace_loop(of):
            at = compiled(of, probes[0])
            each = list(probes)
            return (lambda: float(jnp.stack([at(v) for v in each]).mean())), False

        def power_loop():
            step = compiled(lambda v: (h := product(loss, start, v)) / jnp.linalg.norm(h), first)

            def run():
                v = first / jnp.linalg.norm(first)
                for _ in range(20):
                    v = step(v)
                return float(v[0])

            return run, False

        def power(of):
            def top(w):
                hessian = of(w)

                def body(v, _):
                    h = hessian(v)
                    return h / jnp.linalg.norm(h), v @ h

                return jax.lax.scan(body, first / jnp.linalg.norm(first), None, length=20)[1][-1]

            return top

        def forms(figure):
            if figure == "sgd_step":
                return {"jit": lambda: stepping(lambda w, _: jax.grad(loss)(w))}
            if figure == "sam_step":
                return {"jit": lambda: stepping(sam)}
            if figure.startswith("nso_step_k"):
                k = int(figure.removeprefix("nso_step_k"))
                ways = {"vmap": 2 * k, "map": 1} | ({"vmap of 8": 8} if k > 4 else {})
                many = {form: (lambda batch=batch: stepping(nso(k, batch))) for form, batch in ways.items()}
                return many | {"loop": lambda: nso_loop(k)}
            if figure == "slice_51x51":
                return {"vmap of 51": lambda: measured(sliced(51)), "map": lambda: measured(sliced(1)), "loop": slice_loop}
            if figure == "trace_64":
                return {"reverse, vmap of 8": lambda: measured(reverse(8)), "reverse, map": lambda: measured(reverse(1)),
                        "reverse, loop": lambda: trace_loop(lambda v: v @ product(loss, start, v)),
                        "forward, vmap of 8": lambda: measured(forward(8)), "forward, map": lambda: measured(forward(1)),
                        "forward, loop": lambda: trace_loop(lambda v: second(start, v))}
            # The gradient's linear part is worked out once by `linearize`, or with each product.
            return {"jvp": lambda: measured(power(lambda w: lambda v: product(loss, w, v))),
                    "linearize": lambda: measured(power(lambda w: jax.linearize(jax.grad(loss), w)[1])), "loop": power_loop}

        return forms

    return f"JAX {jax.__version__}", work, check


if __name__ == "__main__":
    main("jax", load)
