"""Reference values for planes, slices and paths, in 64-bit floats, from JAX and NumPy.

    python landscape.py

Writes landscape.json beside this file, for networks of networks.json; README.md describes its keys. Run it with the
packages that generate.py names. All inputs are rounded to 32-bit floats before anything is computed.
"""

import json

import jax
import jax.numpy as jnp
import numpy as np

from generate import HERE, jax_logits, jax_loss, plain, single, unflatten

NETWORKS = ["tanh-mlp", "gelu-mlp", "cnn-valid-same", "cnn-pool-floor-mse"]


def normalized(direction, w, tensors, how):
    """`direction` scaled to `w`: filter by filter, layer by layer, as a whole, or not at all."""
    if how == "none":
        return direction
    if how == "model":
        return direction * (np.linalg.norm(w) / np.linalg.norm(direction))
    out, start = [], 0
    for tensor in tensors:
        size = int(np.prod(tensor["shape"]))
        d, t = direction[start : start + size], w[start : start + size]
        start += size
        if len(tensor["shape"]) < 2:
            out.append(np.zeros(size))
        elif how == "layer":
            out.append(d * (np.linalg.norm(t) / np.linalg.norm(d)))
        else:
            d, t = d.reshape(tensor["shape"][0], -1), t.reshape(tensor["shape"][0], -1)
            rows = np.linalg.norm(t, axis=1) / np.linalg.norm(d, axis=1)
            out.append((d * rows[:, None]).reshape(-1))
    return np.concatenate(out)


def slices(case, rng):
    shapes = [(tensor["name"], tensor["shape"]) for tensor in case["tensors"]]
    examples = jnp.asarray(case["x"]).reshape(case["n"], *case["input"])
    y, w = jnp.asarray(case["y"]), np.asarray(case["w"])
    vectors = [np.asarray(case["v"]), single(rng.standard_normal(w.size))]

    @jax.jit
    def outcome(flat):
        logits = jax_logits(unflatten(flat, shapes), case["layers"], examples)
        return jax_loss(logits, y, case["loss"]), (logits.argmax(1) == y).mean()

    axes = [np.asarray(jnp.linspace(-1.2, 1.2, 5)), np.asarray(jnp.linspace(-0.7, 0.7, 4))]
    grids = []
    for how in ["none", "filter", "layer", "model"]:
        d = [normalized(vector, w, case["tensors"], how) for vector in vectors]
        points = [[outcome(jnp.asarray(w + a * d[0] + b * d[1])) for a in axes[0]] for b in axes[1]]
        grids.append(
            {
                "normalization": how,
                "norms": [np.linalg.norm(vector) for vector in d],
                "loss": [float(loss) for row in points for loss, _ in row],
                "accuracy": [float(accuracy) for row in points for _, accuracy in row],
            }
        )
    return {"name": case["name"], "directions": vectors, "x": axes[0], "y": axes[1], "grids": grids}


def path(rng):
    """Checkpoints that move mostly in two directions, and what NumPy's SVD says of their offsets from the last."""
    t = np.linspace(1.0, 0.0, 15)[:, None]
    d = 60
    moves = 3.0 * t * rng.standard_normal(d) + np.sin(5.0 * t) * rng.standard_normal(d)
    weights = single(rng.standard_normal(d) + moves + 0.05 * rng.standard_normal((15, d)) * t)
    offsets = weights[:-1] - weights[-1]
    _, s, vt = np.linalg.svd(offsets, full_matrices=False)
    signs = np.sign(offsets[0] @ vt[:3].T)
    coordinates = offsets @ vt[:3].T * signs
    rest = offsets - coordinates[:, :2] * signs[:2] @ vt[:2]
    return {
        "weights": weights,
        "explained": (s**2 / (s**2).sum())[:3],
        "coordinates": coordinates,
        "distances": np.linalg.norm(rest, axis=1),
        "residual": np.sqrt((rest**2).sum(1).mean()),
    }


def main():
    rng = np.random.default_rng(20261123)
    cases = {case["name"]: case for case in json.loads((HERE / "networks.json").read_text())}
    file = {"slices": [slices(cases[name], rng) for name in NETWORKS], "path": path(rng)}
    file = plain(file)
    body = ",\n".join(json.dumps(case) for case in file["slices"])
    text = '{"slices": [\n' + body + '\n],\n"path": ' + json.dumps(file["path"]) + "}\n"
    (HERE / "landscape.json").write_text(text)
    json.loads(text)
    print("landscape.json", len(text), "bytes; explained", file["path"]["explained"])


if __name__ == "__main__":
    main()
