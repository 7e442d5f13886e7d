"""Reference values for the tests, in 64-bit floats, from JAX and PyTorch.

    python -m venv venv && . venv/bin/activate
    pip install jax torch safetensors numpy scikit-learn
    python generate.py

Writes networks.json and optimizers.json beside this file; README.md describes their keys. networks.json is computed
with JAX (grad, forward over reverse, dense Hessian) and its loss, logits, gradient and Hessian-vector product are
checked against PyTorch; optimizers.json is computed with PyTorch's autograd and torch.optim.SGD.

All inputs (x, w, v, ws, noise) are rounded to 32-bit floats before anything is computed, so a test in 32-bit floats
starts from exactly the same numbers.
"""

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import torch
import torch.nn.functional as F

jax.config.update("jax_enable_x64", True)
HERE = Path(__file__).parent
ATOL = 1e-12

NETWORKS = [
    ("linear", [4], "cross-entropy", ["linear 3"]),
    ("tanh-mlp", [2], "cross-entropy", ["linear 8", "tanh", "linear 8", "tanh", "linear 2"]),
    ("relu-mlp", [3], "cross-entropy", ["linear 10", "relu", "linear 8", "relu", "linear 4"]),
    ("gelu-mlp", [3], "cross-entropy", ["linear 9", "gelu", "linear 7", "gelu", "linear 3"]),
    ("tanh-mlp-mse", [2], "mse", ["linear 8", "tanh", "linear 6", "tanh", "linear 3"]),
    ("cnn-pool", [1, 6, 6], "cross-entropy", ["conv 3 3x3 same", "relu", "maxpool 2", "flatten", "linear 3"]),
    (
        "cnn-valid-same",
        [2, 5, 5],
        "cross-entropy",
        ["conv 3 3x3", "tanh", "conv 4 3x3 same", "gelu", "flatten", "linear 3"],
    ),
    # 5x5 is not divisible by 2: the last row and column are in no window.
    ("cnn-pool-floor-mse", [1, 5, 5], "mse", ["conv 3 3x3 same", "gelu", "maxpool 2", "flatten", "linear 3"]),
]

SGD = dict(optimizer="sgd", learning_rate=0.1, momentum=0.0, nesterov=False, weight_decay=0.0)
SAM = SGD | dict(optimizer="sam", momentum=0.9, weight_decay=0.01, rho=0.1)
NSO = SGD | {"optimizer": "nso", "momentum": 0.9, "sigma": 0.05, "k": 2, "lambda": 0.0, "two_point": True}
OPTIMIZERS = [
    ("sgd", SGD),
    ("sgd-momentum", SGD | dict(momentum=0.9)),
    ("sgd-nesterov", SGD | dict(momentum=0.9, nesterov=True)),
    ("sgd-momentum-decay", SGD | dict(momentum=0.9, weight_decay=0.01)),
    ("sgd-nesterov-decay", SGD | dict(momentum=0.9, nesterov=True, weight_decay=0.01)),
    ("sam", SAM),
    ("nso", NSO),
    ("nso-mixed", NSO | {"lambda": 0.5}),
    ("nso-one-point", NSO | dict(two_point=False)),
    ("nso-mixed-nesterov-decay", NSO | {"lambda": 0.5, "k": 1, "nesterov": True, "weight_decay": 0.01}),
]


def single(array):
    """The array rounded to 32-bit floats, as 64-bit floats."""
    return np.asarray(array, dtype=np.float32).astype(np.float64)


# --- the network in PyTorch -----------------------------------------------------------------------------------------


def torch_model(shape, layers):
    """The nn.Sequential of an architecture text, in 64-bit floats."""
    modules, shape = [], list(shape)
    for text in layers:
        words = text.split()
        if words[0] == "linear":
            modules.append(torch.nn.Linear(shape[0], int(words[1])))
            shape = [int(words[1])]
        elif words[0] == "conv":
            kernel = tuple(int(side) for side in words[2].split("x"))
            padding = "same" if words[3:] == ["same"] else "valid"
            modules.append(torch.nn.Conv2d(shape[0], int(words[1]), kernel, padding=padding))
        elif words[0] == "maxpool":
            modules.append(torch.nn.MaxPool2d(int(words[1])))
        else:
            modules.append({"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh, "gelu": torch.nn.GELU,
                            "flatten": torch.nn.Flatten}[words[0]]())
        if len(shape) == 3:
            with torch.no_grad():
                shape = list(modules[-1].double()(torch.zeros(1, *shape, dtype=torch.float64)).shape[1:])
    return torch.nn.Sequential(*modules).double()


def torch_loss(logits, y, loss):
    if loss == "mse":
        return ((logits - F.one_hot(y, logits.shape[1])) ** 2).mean()
    return F.cross_entropy(logits, y)


def flatten(tensors):
    return torch.cat([tensor.reshape(-1) for tensor in tensors])


def unflatten(flat, named_shapes):
    out, start = {}, 0
    for name, shape in named_shapes:
        size = int(np.prod(shape))
        out[name] = flat[start : start + size].reshape(shape)
        start += size
    assert start == flat.size, (start, flat.size)
    return out


# --- the network in JAX ---------------------------------------------------------------------------------------------


def jax_logits(parameters, layers, x):
    for index, text in enumerate(layers):
        words = text.split()
        weight, bias = parameters.get(f"{index}.weight"), parameters.get(f"{index}.bias")
        if words[0] == "linear":
            x = x @ weight.T + bias
        elif words[0] == "conv":
            padding = "SAME" if words[3:] == ["same"] else "VALID"
            x = jax.lax.conv_general_dilated(x, weight, (1, 1), padding, dimension_numbers=("NCHW", "OIHW", "NCHW"))
            x = x + bias[:, None, None]
        elif words[0] == "maxpool":
            size = int(words[1])
            n, c, h, w = x.shape
            x = x[:, :, : h // size * size, : w // size * size]
            x = x.reshape(n, c, h // size, size, w // size, size).max(axis=(3, 5))
        elif words[0] == "flatten":
            x = x.reshape(x.shape[0], -1)
        else:
            x = {"relu": jax.nn.relu, "tanh": jnp.tanh, "gelu": lambda t: jax.nn.gelu(t, approximate=False)}[words[0]](x)
    return x


def jax_loss(logits, y, loss):
    one_hot = jax.nn.one_hot(y, logits.shape[1], dtype=logits.dtype)
    if loss == "mse":
        return jnp.mean((logits - one_hot) ** 2)
    return -jnp.mean(jnp.sum(one_hot * jax.nn.log_softmax(logits), axis=1))


# --- networks.json --------------------------------------------------------------------------------------------------


def network_case(index, name, shape, loss, layers):
    rng = np.random.default_rng(100 + index)
    torch.manual_seed(100 + index)
    model = torch_model(shape, layers)
    named_shapes = [(key, list(value.shape)) for key, value in model.state_dict().items()]
    size = sum(int(np.prod(s)) for _, s in named_shapes)
    with torch.no_grad():
        w = single(flatten(model.parameters()).numpy() * 1.5)
    n, classes = 12, named_shapes[-1][1][0]
    x = single(rng.standard_normal([n, *shape]))
    y = np.arange(n) % classes
    rng.shuffle(y)
    v = single(rng.standard_normal(size))
    ws = [single(w + 0.1 * rng.standard_normal(size)) for _ in range(3)]

    def logits_at(flat):
        return jax_logits(unflatten(flat, named_shapes), layers, jnp.asarray(x))

    def loss_at(flat):
        return jax_loss(logits_at(flat), y, loss)

    at = jnp.asarray(w)
    gradient, hv = jax.jvp(jax.grad(loss_at), (at,), (jnp.asarray(v),))
    hessian = np.asarray(jax.hessian(loss_at)(at))
    assert np.abs(hessian - hessian.T).max() < ATOL and np.abs(hessian @ v - hv).max() < 1e-11
    diagonal = unflatten(np.diag(hessian).copy(), named_shapes)
    case = {
        "name": name, "input": shape, "loss": loss, "layers": layers, "parameters": size,
        "tensors": [{"name": key, "shape": s, "trace": float(diagonal[key].sum())} for key, s in named_shapes],
        "n": n, "x": x, "y": y, "w": w, "v": v,
        "loss_value": loss_at(at), "logits": logits_at(at), "gradient": gradient, "hv": hv,
        "vhv": jnp.dot(jnp.asarray(v), hv), "gv": jnp.dot(gradient, jnp.asarray(v)),
        "per_population": {"ws": ws, "losses": [float(loss_at(jnp.asarray(other))) for other in ws]},
        "trace": float(np.trace(hessian)), "eigenvalues": np.linalg.eigvalsh(hessian),
    }
    check_with_torch(case, model)
    return case


def check_with_torch(case, model):
    """Loss, logits, gradient and Hv once more with PyTorch."""
    torch.nn.utils.vector_to_parameters(torch.tensor(case["w"]), model.parameters())
    logits = model(torch.tensor(case["x"]))
    loss = torch_loss(logits, torch.tensor(case["y"]), case["loss"])
    gradient = flatten(torch.autograd.grad(loss, list(model.parameters()), create_graph=True))
    # materialize_grads: a model that is linear in a parameter has no second derivative for it.
    hv = flatten(torch.autograd.grad(gradient @ torch.tensor(case["v"]), list(model.parameters()),
                                     allow_unused=True, materialize_grads=True))
    for key, found in [("loss_value", loss), ("logits", logits), ("gradient", gradient), ("hv", hv)]:
        error = np.abs(np.asarray(case[key]) - found.detach().numpy()).max()
        assert error < ATOL * (10 if key == "hv" else 1), (case["name"], key, error)


# --- optimizers.json ------------------------------------------------------------------------------------------------


def two_moons(n):
    half = n // 2
    t = np.linspace(0, np.pi, half)
    x = np.concatenate([np.stack([np.cos(t), np.sin(t)], 1), np.stack([1 - np.cos(t), 0.5 - np.sin(t)], 1)])
    return single(x - [0.5, 0.25]), np.repeat([0, 1], half)


def optimizers():
    rng = np.random.default_rng(7)
    torch.manual_seed(7)
    shape, layers = [2], ["linear 8", "tanh", "linear 2"]
    model = torch_model(shape, layers)
    x, y = two_moons(16)
    w = single(torch.nn.utils.parameters_to_vector(model.parameters()).detach().numpy())
    cases = []
    for name, settings in OPTIMIZERS:
        is_nso = settings["optimizer"] == "nso"
        noise = single(rng.standard_normal([3, settings["k"], w.size])) if is_nso else None
        problem = model, torch.tensor(x), torch.tensor(y)
        losses, weights = optimizer_steps(problem, torch.tensor(w), settings, noise)
        check_by_formula(weights, (shape, layers, x, y, w), settings, noise)
        cases.append({"name": name, "settings": settings, "noise": noise,
                      "losses_before": losses, "weights_after": weights})
    return {"input": shape, "loss": "cross-entropy", "layers": layers, "n": len(y), "x": x, "y": y, "w": w, "cases": cases}


def optimizer_steps(problem, w, settings, noise):
    model, x, y = problem
    parameters = list(model.parameters())
    torch.nn.utils.vector_to_parameters(w.clone(), parameters)
    base = torch.optim.SGD(parameters, lr=settings["learning_rate"], momentum=settings["momentum"],
                           nesterov=settings["nesterov"], weight_decay=settings["weight_decay"], dampening=0)

    def loss_and_gradient(at):
        torch.nn.utils.vector_to_parameters(at.clone(), parameters)
        loss = F.cross_entropy(model(x), y)
        return loss.item(), flatten(torch.autograd.grad(loss, parameters))

    losses, weights = [], []
    for step in range(3):
        w = flatten(parameters).detach().clone()
        loss, gradient = loss_and_gradient(w)
        if settings["optimizer"] == "sam":
            gradient = loss_and_gradient(w + settings["rho"] * gradient / gradient.norm())[1]
        elif settings["optimizer"] == "nso":
            gradient = nso_gradient(lambda at: loss_and_gradient(at)[1], w, settings, torch.tensor(noise[step]))
        torch.nn.utils.vector_to_parameters(w.clone(), parameters)
        start = 0
        for parameter in parameters:
            parameter.grad = gradient[start : start + parameter.numel()].view_as(parameter).clone()
            start += parameter.numel()
        base.step()
        losses.append(loss)
        weights.append(flatten(parameters).detach().numpy().copy())
    return losses, weights


def nso_gradient(gradient_at, w, settings, noise):
    """lambda g(w) + (1 - lambda) * mean over the k samples, and over +U and -U with two_point."""
    perturbations = [settings["sigma"] * sample for sample in noise]
    if settings["two_point"]:
        perturbations += [-u for u in perturbations]
    noisy = sum(gradient_at(w + u) for u in perturbations) / len(perturbations)
    return settings["lambda"] * gradient_at(w) + (1 - settings["lambda"]) * noisy


def check_by_formula(weights_after, problem, settings, noise):
    """The same steps once more, with JAX gradients and the update rules written out."""
    shape, layers, x, y, w = problem
    named_shapes = [(key, list(value.shape)) for key, value in torch_model(shape, layers).state_dict().items()]
    gradient_at = jax.grad(
        lambda flat: jax_loss(jax_logits(unflatten(flat, named_shapes), layers, jnp.asarray(x)), y, "cross-entropy")
    )
    buffer = np.zeros_like(w)
    for step, expected in enumerate(weights_after):
        g = gradient_at(w)
        if settings["optimizer"] == "sam":
            g = gradient_at(w + settings["rho"] * g / jnp.sqrt(jnp.sum(g**2)))
        elif settings["optimizer"] == "nso":
            g = nso_gradient(gradient_at, w, settings, noise[step])
        g = g + settings["weight_decay"] * w
        buffer = settings["momentum"] * buffer + g
        w = w - settings["learning_rate"] * (g + settings["momentum"] * buffer if settings["nesterov"] else buffer)
        error = np.abs(w - expected).max()
        assert error < ATOL, (settings, step, error)


# --- files ----------------------------------------------------------------------------------------------------------


def plain(value):
    """Nested lists become Python lists; arrays of examples and logits become flat, arrays of vectors stay lists."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (np.ndarray, jax.Array)):
        return np.asarray(value).tolist()
    return value


def lines(case):
    """A case with one line a key."""
    body = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in case.items())
    return "{\n" + body + "\n}"


def main():
    cases = []
    for index, network in enumerate(NETWORKS):
        case = network_case(index, *network)
        for key in ("x", "logits"):
            case[key] = np.asarray(case[key]).reshape(-1)
        cases.append(lines(plain(case)))
        print(case["name"], case["parameters"], "parameters, trace", case["trace"])
    (HERE / "networks.json").write_text("[\n" + ",\n".join(cases) + "\n]\n")

    file = plain(optimizers())
    file["x"] = [value for row in file["x"] for value in row]
    inner = file.pop("cases")
    head = lines(file)[: -len("\n}")]
    text = head + ',\n"cases": [\n' + ",\n".join(lines(case) for case in inner) + "\n]\n}\n"
    (HERE / "optimizers.json").write_text(text)
    for name in ("networks.json", "optimizers.json"):
        json.loads((HERE / name).read_text())
        print(name, (HERE / name).stat().st_size, "bytes")
    print("jax", jax.__version__, "torch", torch.__version__, "numpy", np.__version__)


if __name__ == "__main__":
    main()
