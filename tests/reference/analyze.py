"""Reference files for `flatscape analyze`, in 64-bit floats, from JAX.

    python analyze.py           (the environment is generate.py's)

Writes analyze/NAME/ for each network below: model.toml, weights.safetensors, data.safetensors, v.safetensors (a direction
for the Hessian-vector product), directions.safetensors (two slice directions, `x.NAME` and `y.NAME`) and expected.json;
README.md describes its keys. The networks are trained for some steps of gradient descent, so that neither the gradient
vanishes nor the Hessian is that of chance. All tensors are stored as 32-bit floats, and the figures are those of the
stored numbers.
"""

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import torch
from safetensors.numpy import save_file

from generate import jax_logits, jax_loss, plain, single, torch_model, two_moons, unflatten

HERE = Path(__file__).parent / "analyze"
MARGIN = 1e-4


def blobs(rng):
    """Three clouds in four dimensions, 60 points."""
    y = np.arange(60) % 3
    return single(2.0 * np.eye(4)[y] + 0.9 * rng.standard_normal([60, 4])), y


def moons(rng):
    x, y = two_moons(64)
    return single(x + 0.15 * rng.standard_normal(x.shape)), y


def waves(rng):
    """A regression: two smooth functions of three variables, 50 points."""
    x = single(rng.standard_normal([50, 3]))
    return x, single(np.stack([np.sin(2 * x[:, 0]) + x[:, 1] * x[:, 2], np.cos(x[:, 1] + x[:, 2])], 1))


def stripes(rng):
    """Four kinds of noisy 8x8 stripes: rows, columns, both, none; 32 images, every eighth with a wrong label."""
    y, wave = np.arange(32) % 4, np.sin(np.arange(8) * np.pi / 2 + 0.5)
    rows, columns = np.isin(y, [0, 2]), np.isin(y, [1, 2])
    image = rows[:, None, None] * wave[:, None] + columns[:, None, None] * wave
    return single((image + 1.5 * rng.standard_normal([32, 8, 8]))[:, None]), np.where(np.arange(32) % 8 == 0, 1, y)


# name, input, loss, layers, data, training steps, learning rate, rho, slice: points and range
NETWORKS = [
    ("tanh-mlp", [2], "cross-entropy", ["linear 16", "tanh", "linear 12", "tanh", "linear 2"], moons, 60, 0.5, 0.1, 7, 1.0),
    ("relu-mlp", [4], "cross-entropy", ["linear 16", "relu", "linear 12", "relu", "linear 3"], blobs, 40, 0.2, 0.05, 5, 0.5),
    ("gelu-mlp-mse", [3], "mse", ["linear 20", "gelu", "linear 10", "gelu", "linear 2"], waves, 150, 0.1, 0.05, 5, 1.0),
    (
        "cnn", [1, 8, 8], "cross-entropy", ["conv 6 3x3 same", "relu", "maxpool 2", "flatten", "linear 4"],
        stripes, 15, 0.1, 0.05, 7, 0.5,
    ),
]


def loss_of(logits, y, loss):
    """generate.py's losses, and for wanted outputs the mean over all elements of the squared difference."""
    return jnp.mean((logits - y) ** 2) if y.ndim == 2 else jax_loss(logits, y, loss)


def distance_from_kinks(tensors, layers, x):
    """The least |input| of relu, and the least gap between the two greatest inputs of a pooling window."""
    least = [np.inf]
    for index, text in enumerate(layers):
        before = np.asarray(jax_logits(tensors, layers[:index], x))
        if text == "relu":
            least.append(np.abs(before).min())
        if text.startswith("maxpool"):
            n, c, h, w = before.shape
            windows = before.reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(-1, 4)
            top = np.sort(windows, axis=1)[:, -2:]
            gaps = top[:, 1] - top[:, 0]
            least.append(gaps[gaps > 0].min())
    return min(least)


def train(seed, shape, loss, layers, data, steps, learning_rate):
    """Examples, a network of PyTorch's initial weights, and its weights after some steps on all examples."""
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    x, y = data(rng)
    model = torch_model(shape, layers)
    named_shapes = [(key, list(value.shape)) for key, value in model.state_dict().items()]

    def loss_at(flat):
        return loss_of(jax_logits(unflatten(flat, named_shapes), layers, jnp.asarray(x)), y, loss)

    gradient_at = jax.jit(jax.grad(loss_at))
    w = torch.nn.utils.parameters_to_vector(model.parameters()).detach().numpy()
    for _ in range(steps):
        w = w - learning_rate * gradient_at(w)
    return rng, x, y, named_shapes, jax.jit(loss_at), gradient_at, single(w)


def write(index, name, shape, loss, layers, data, steps, learning_rate, rho, points, extent):
    for seed in range(400 + 20 * index, 420 + 20 * index):
        rng, x, y, named_shapes, loss_at, gradient_at, w = train(seed, shape, loss, layers, data, steps, learning_rate)
        kinks = distance_from_kinks(unflatten(w, named_shapes), layers, jnp.asarray(x))
        if kinks >= MARGIN:
            break
    else:
        raise AssertionError(f"{name}: no seed keeps away from the kinks")
    v = single(rng.standard_normal(w.size))
    # Long enough for the loss to change by its own size over the slice.
    plane = [single(0.3 * rng.standard_normal(w.size)) for _ in "xy"]

    gradient = np.asarray(gradient_at(w))
    hessian = np.asarray(jax.hessian(loss_at)(jnp.asarray(w)))
    assert np.abs(hessian - hessian.T).max() < 1e-12
    hv, norm = hessian @ v, np.linalg.norm(gradient)
    eigenvalues = np.linalg.eigvalsh(hessian)
    axis = np.linspace(-extent, extent, points)
    grid = [[float(loss_at(w + a * plane[0] + b * plane[1])) for a in axis] for b in axis]
    logits = jax_logits(unflatten(w, named_shapes), layers, jnp.asarray(x))
    diagonal = unflatten(np.diag(hessian).copy(), named_shapes)
    expected = {
        "parameters": w.size,
        "loss": float(loss_at(w)),
        "accuracy": float(np.mean(np.asarray(logits).argmax(axis=1) == y)) if y.ndim == 1 else None,
        "gradient_norm": norm, "gv": gradient @ v, "hv_norm": np.linalg.norm(hv), "vhv": v @ hv,
        "trace": np.trace(hessian), "eigenvalues": eigenvalues,
        "layer_traces": {key: diagonal[key].sum() for key, _ in named_shapes},
        "rho": rho, "sam_loss": float(loss_at(w + rho * gradient / norm)),
        "slice": {"points": points, "range": extent, "x": axis, "y": axis, "loss": grid},
    }
    assert abs(grid[points // 2][points // 2] - expected["loss"]) < 1e-15
    check(expected, loss_at, gradient_at, w, v, hv)

    folder = HERE / name
    folder.mkdir(parents=True, exist_ok=True)
    texts = ", ".join(json.dumps(text) for text in layers)
    (folder / "model.toml").write_text(f"input = {shape}\nloss = {json.dumps(loss)}\nlayers = [{texts}]\n")
    save(folder / "weights.safetensors", named(w, named_shapes))
    save(folder / "v.safetensors", named(v, named_shapes))
    save(folder / "directions.safetensors", named(plane[0], named_shapes, "x.") | named(plane[1], named_shapes, "y."))
    save(folder / "data.safetensors", {"x": x.astype(np.float32), "y": y.astype(np.int64 if y.ndim == 1 else np.float32)})
    body = ",\n".join(f"{json.dumps(key)}: {json.dumps(plain_numbers(value))}" for key, value in expected.items())
    (folder / "expected.json").write_text("{\n" + body + "\n}\n")
    print(f"{name}: {w.size} parameters, loss {expected['loss']:.4f}, accuracy {expected['accuracy']}, |g| {norm:.3f}, "
          f"trace {expected['trace']:.3f}, eigenvalues {eigenvalues[:3]} .. {eigenvalues[-3:]}, sam {expected['sam_loss']:.4f}, "
          f"kinks {kinks:.1e}, slice {np.min(grid):.3f} to {np.max(grid):.3f}")


def check(expected, loss_at, gradient_at, w, v, hv):
    """Slope and Hessian-vector product once more, by central differences along v."""
    ahead, behind = w + 1e-6 * v, w - 1e-6 * v
    slope = (loss_at(ahead) - loss_at(behind)) / 2e-6
    product = (gradient_at(ahead) - gradient_at(behind)) / 2e-6
    assert abs(slope - expected["gv"]) < 1e-7 * (1 + abs(slope)), (slope, expected["gv"])
    assert np.linalg.norm(product - hv) < 1e-7 * (1 + np.linalg.norm(hv))


def named(flat, named_shapes, prefix=""):
    return {prefix + key: part.astype(np.float32) for key, part in unflatten(flat, named_shapes).items()}


def save(path, tensors):
    save_file({key: np.ascontiguousarray(tensor) for key, tensor in tensors.items()}, path)


def plain_numbers(value):
    """`plain`, where NumPy's scalars become Python's too."""
    if isinstance(value, dict):
        return {key: plain_numbers(item) for key, item in value.items()}
    return value.item() if isinstance(value, np.generic) else plain(value)


if __name__ == "__main__":
    for index, network in enumerate(NETWORKS):
        write(index, *network)
