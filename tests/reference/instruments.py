"""Reference values of the instruments at networks of networks.json, in 64-bit floats, from JAX and numpy.

    pip install jax numpy && python instruments.py

Writes instruments.json beside this file; README.md describes its keys. Derivatives are JAX's. What Cockpit and devinterp make of them
is stated again here, by their published formulas and sources, in the words of numpy:

- alpha: Cockpit, `cockpit/quantities/alpha.py`, `_fit_quadratic` and `_get_alpha`: the weighted fit of a parabola through losses and
  projected gradients at both ends of a step, with sample variances over the examples;
- the norm test: Cockpit, `cockpit/quantities/norm_test.py`: the l1 norm of the sample variance of the gradient, and theta_max;
- G = mean of J'H_z J: the Jacobian by `jax.jacrev`, all of it dense;
- the learning coefficient: devinterp, `devinterp/optim/sgld.py`: w <- w - eps/2 (n beta grad L + gamma (w - w*)) + sqrt(eps) N(0, I), and
  n beta (mean L - L(w*)) over chains and draws.
"""

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)
HERE = Path(__file__).parent

CASES = ["tanh-mlp", "gelu-mlp", "tanh-mlp-mse"]
# Gradient steps of these lengths are looked at.
RATES = [0.05, 0.5, 4.0]
SAMPLING = {"chains": 256, "burn_in": 300, "draws": 1200, "rate": 0.1, "gamma": 40.0}
ACTIVATIONS = {"tanh": jnp.tanh, "gelu": lambda x: jax.nn.gelu(x, approximate=False), "relu": jax.nn.relu}


def network(case):
    """The logits of one example as a function of flat weights and its input."""
    shapes = {tensor["name"]: tensor["shape"] for tensor in case["tensors"]}

    def logits(w, x):
        start = 0
        for index, layer in enumerate(case["layers"]):
            if not layer.startswith("linear"):
                x = ACTIVATIONS[layer](x)
                continue
            out, fan_in = shapes[f"{index}.weight"]
            weight = w[start : start + out * fan_in].reshape(out, fan_in)
            bias = w[start + out * fan_in : start + out * fan_in + out]
            start += out * fan_in + out
            x = weight @ x + bias
        return x

    return logits


def losses(case, logits):
    """The loss of an example as a function of its logits and class, and as one of weights, input and class."""

    def of_logits(z, y):
        if case["loss"] == "mse":
            return jnp.mean((z - jax.nn.one_hot(y, z.shape[0])) ** 2)
        return -jax.nn.log_softmax(z)[y]

    return of_logits, lambda w, x, y: of_logits(logits(w, x), y)


def cockpit_alpha(t, fs, dfs, fs_var, dfs_var):
    """Cockpit's fit, and alpha of it; the parabola's second coefficient too."""
    phi = np.array([[1, 0, 0], [1, t, t**2], [0, 1, 0], [0, 1, 2 * t]]).T
    inverse = np.linalg.inv(np.diag(fs_var + dfs_var))
    mu = np.linalg.inv(phi @ inverse @ phi.T) @ phi @ inverse @ np.array(fs + dfs)
    alpha = -1 if mu[2] < 0 else 2 * t / (-mu[1] / mu[2]) - 1
    return alpha, mu[2]


def steps(w, each, gradients):
    """What Cockpit says of gradient steps from w."""
    found = []
    gradient = gradients(w).mean(0)
    for rate in RATES:
        s = -rate * gradient
        t = np.linalg.norm(s)
        ends = [(np.asarray(each(at)), np.asarray(gradients(at)) @ s / t) for at in (w, w + s)]
        fs, dfs = [float(f.mean()) for f, _ in ends], [float(d.mean()) for _, d in ends]
        fs_var, dfs_var = [float(f.var(ddof=1)) for f, _ in ends], [float(d.var(ddof=1)) for _, d in ends]
        alpha, c2 = cockpit_alpha(t, fs, dfs, fs_var, dfs_var)
        found.append({"rate": rate, "alpha": float(alpha), "curvature": float(2 * c2 * t**2)})
    return found


def norm_test(gradients):
    """Cockpit's var_l1 and theta_max of a batch with these gradients of its examples."""
    # BackPACK has 1/B of each example's gradient, and Cockpit's formula is in those.
    size = len(gradients)
    batch_l2 = ((gradients / size) ** 2).sum(1)
    grad_l2 = (gradients.mean(0) ** 2).sum()
    var_l1 = (size**2 * batch_l2.sum() - size * grad_l2) / (size - 1)
    return {"variance": float(var_l1), "theta_max": float(np.sqrt(var_l1 / size / grad_l2))}


def gauss_newton(w, x, y, logits, of_logits):
    """The diagonal of G and its largest eigenvalue."""
    jacobian = jax.vmap(jax.jacrev(logits), (None, 0))(w, x)
    bent = jax.vmap(jax.hessian(of_logits))(jax.vmap(logits, (None, 0))(w, x), y)
    g = np.asarray(jnp.einsum("nkd,nkl,nle->de", jacobian, bent, jacobian)) / len(x)
    return {"diagonal": np.diag(g).tolist(), "lambda_max": float(np.linalg.eigvalsh(g)[-1])}


def learning(w, loss, n, radius):
    """devinterp's estimate around w, with the length of the steps from the steepest curvature there."""
    s = SAMPLING
    n_beta = n / np.log(n)
    epsilon = s["rate"] / (n_beta * radius + s["gamma"])
    gradient = jax.vmap(jax.grad(loss))

    def step(at, key):
        now = jax.vmap(loss)(at)
        noise = jax.random.normal(key, at.shape, dtype=at.dtype)
        drift = n_beta * gradient(at) + s["gamma"] * (at - w)
        return at - epsilon / 2 * drift + np.sqrt(epsilon) * noise, now

    keys = jax.random.split(jax.random.key(3), s["burn_in"] + s["draws"])
    _, course = jax.lax.scan(step, jnp.tile(w, (s["chains"], 1)), keys)
    chains = n_beta * (np.asarray(course)[s["burn_in"] :] - float(loss(w))).mean(0)
    return s | {
        "epsilon": float(epsilon),
        "coefficient": float(chains.mean()),
        "stderr": float(chains.std(ddof=1) / np.sqrt(len(chains))),
    }


def case_of(case):
    logits = network(case)
    of_logits, loss = losses(case, logits)
    w, y = np.array(case["w"]), np.array(case["y"])
    x = np.array(case["x"]).reshape(len(y), -1)
    each = jax.jit(lambda at: jax.vmap(loss, (None, 0, 0))(at, x, y))
    gradients = jax.jit(lambda at: jax.vmap(jax.grad(loss), (None, 0, 0))(at, x, y))
    assert abs(float(each(w).mean()) - case["loss_value"]) < 1e-12, case["name"]
    # Near a minimum chains stay where they begin: some plain steps from w.
    low = w
    mean = jax.jit(lambda at: each(at).mean())
    for _ in range(3000):
        low = low - 0.2 * np.asarray(gradients(low)).mean(0)
    radius = float(np.abs(np.linalg.eigvalsh(np.asarray(jax.hessian(mean)(low)))).max())
    return {
        "name": case["name"],
        "steps": steps(w, each, lambda at: np.asarray(gradients(at))),
        "norm_test": norm_test(np.asarray(gradients(w))),
        "gauss_newton": gauss_newton(w, x, y, logits, of_logits),
        "learning": learning(low, mean, len(y), radius) | {"w": low.tolist(), "radius": radius},
    }


if __name__ == "__main__":
    networks = {case["name"]: case for case in json.loads((HERE / "networks.json").read_text())}
    found = [case_of(networks[name]) for name in CASES]
    for one in found:
        print(one["name"], one["steps"], one["norm_test"], one["gauss_newton"]["lambda_max"], one["learning"]["coefficient"],
              one["learning"]["stderr"], one["learning"]["radius"])
    (HERE / "instruments.json").write_text(json.dumps(found, indent=1) + "\n")
