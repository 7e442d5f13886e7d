"""Files of weights as tools write them, with the figures of the model in each, from PyTorch in 64-bit floats.

    python checkpoints.py       (the environment is generate.py's; needs PyTorch and safetensors alone)

Writes checkpoints/ and precision/ beside this file; README.md describes them. Each checkpoint is a state dict that PyTorch's
own wrapper or parametrisation gives, saved by safetensors. Its loss is computed by that very module in evaluation mode, in 64
bits from the stored 32-bit numbers, and the figures of derivatives by a plain network with the weights that the module uses.
"""

import json
import math
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from torch.func import functional_call
from torch.nn.utils import parametrizations, prune

HERE = Path(__file__).parent
LAYERS = ["conv 3 3x3", "tanh", "flatten", "linear 2"]


def network():
    return nn.Sequential(nn.Conv2d(1, 3, 3), nn.Tanh(), nn.Flatten(), nn.Linear(12, 2))


def flat_loss(net, x, y):
    """The loss as a function of all weights in a row, and that row."""
    names, values = zip(*net.named_parameters())
    row = torch.cat([value.detach().reshape(-1) for value in values])

    def loss(row):
        parts = row.split([value.numel() for value in values])
        tensors = {name: part.view(value.shape) for name, part, value in zip(names, parts, values)}
        return nn.functional.cross_entropy(functional_call(net, tensors, (x,)), y)

    return loss, row


def figures(net, x, y):
    """Loss, norm of the gradient, and trace of the Hessian of a plain network."""
    loss, row = flat_loss(net, x, y)
    hessian = torch.autograd.functional.hessian(loss, row)
    gradient = torch.autograd.functional.jacobian(loss, row)
    return {"loss": loss(row).item(), "gradient_norm": gradient.norm().item(), "trace": hessian.trace().item()}


def plain(net):
    """A plain network in 64 bits with the weights that `net` uses."""
    inner = [module for module in net.modules() if isinstance(module, nn.Sequential)][0]
    twin = network().double()
    with torch.no_grad():
        for index in (0, 3):
            for kind in ("weight", "bias"):
                getattr(twin[index], kind).copy_(getattr(inner[index], kind))
    return twin


def prefixed(state, prefix):
    return {prefix + name: value for name, value in state.items()}


def wrapped():
    """Modules with the state dicts that they give, by name of their file."""
    torch.manual_seed(1)
    net = network()
    averaged = torch.optim.swa_utils.AveragedModel(net)
    averaged.update_parameters(net)
    compiled = torch.compile(net)
    inner = network()
    inner.load_state_dict(net.state_dict())
    inner[0] = torch.compile(inner[0])
    yield "plain", net, net.state_dict()
    yield "data-parallel", net, prefixed(net.state_dict(), "module.")
    yield "averaged", net, averaged.state_dict()
    yield "compiled", net, compiled.state_dict()
    yield "averaged-compiled", net, torch.optim.swa_utils.AveragedModel(compiled).state_dict()
    yield "compiled-inside", net, inner.state_dict()
    yield "lightning", net, prefixed(net.state_dict(), "state_dict.model.") | {"global_step": torch.tensor(7)}


def parametrised():
    torch.manual_seed(2)
    for name, change in [
        ("weight-norm", lambda module: parametrizations.weight_norm(module)),
        ("weight-norm-columns", lambda module: parametrizations.weight_norm(module, dim=1)),
        ("weight-norm-whole", lambda module: parametrizations.weight_norm(module, dim=None)),
        ("weight-norm-old", lambda module: nn.utils.weight_norm(module)),
        ("spectral-norm", lambda module: parametrizations.spectral_norm(module)),
        ("spectral-norm-old", lambda module: nn.utils.spectral_norm(module)),
        ("pruned", lambda module: prune.l1_unstructured(module, "weight", amount=0.4)),
    ]:
        net = network()
        for index in (0, 3):
            change(net[index])
        with torch.no_grad():
            # The factors of weight normalisation as after training: not the norms of the directions.
            for key, parameter in net.named_parameters():
                if key.endswith(("original0", "weight_g")):
                    parameter.mul_(1 + 0.5 * torch.rand_like(parameter))
        net(torch.randn(4, 1, 4, 4))
        yield name, net, net.state_dict()


def checkpoints():
    folder = HERE / "checkpoints"
    folder.mkdir(exist_ok=True)
    torch.manual_seed(0)
    x, y = torch.randn(7, 1, 4, 4), torch.arange(7) % 2
    save_file({"x": x, "y": y}, folder / "data.safetensors")
    (folder / "model.toml").write_text(f'input = [1, 4, 4]\nloss = "cross-entropy"\nlayers = {json.dumps(LAYERS)}\n')
    expected = {}
    for name, net, state in [*wrapped(), *parametrised()]:
        save_file({key: value.detach().clone().contiguous() for key, value in state.items()}, folder / f"{name}.safetensors")
        net = net.double().eval()
        with torch.no_grad():
            loss = nn.functional.cross_entropy(net(x.double()), y).item()
        found = figures(plain(net), x.double(), y)
        assert math.isclose(found["loss"], loss, rel_tol=1e-14), name
        expected[name] = found | {"names": sorted(state)}
        print(name, found, sorted(state))
    # One that cannot be put together from its file.
    net = network()
    parametrizations.orthogonal(net[3])
    save_file({key: value.detach().clone().contiguous() for key, value in net.state_dict().items()}, folder / "orthogonal.safetensors")
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


def precision():
    """A network with batch norm whose weights, statistics, examples and vectors are 64-bit numbers that 32 bits round."""
    folder = HERE / "precision"
    folder.mkdir(exist_ok=True)
    torch.manual_seed(3)
    torch.set_default_dtype(torch.float64)
    net = nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5, eps=0.02), nn.GELU(approximate="tanh"), nn.Linear(5, 3)).eval()
    with torch.no_grad():
        net[1].running_mean.normal_()
        net[1].running_var.uniform_(0.3, 2.0)
        net[1].weight.normal_()
        net[1].bias.normal_()
    x, y = torch.randn(7, 3), torch.arange(7) % 3
    layers = ["linear 5", "batchnorm eps 0.02", "gelu tanh", "linear 3"]
    (folder / "model.toml").write_text(f'input = [3]\nloss = "cross-entropy"\nlayers = {json.dumps(layers)}\n')
    save_file({"x": x, "y": y}, folder / "data.safetensors")
    loss, row = flat_loss(net, x, y)
    names = [name for name, _ in net.named_parameters()]
    shapes = [value.shape for value in net.parameters()]
    vectors = [torch.randn_like(row) for _ in range(2)]

    def named(row, prefix=""):
        parts = row.split([math.prod(shape) for shape in shapes])
        return {prefix + name: part.reshape(shape).clone() for name, part, shape in zip(names, parts, shapes)}

    save_file(named(vectors[0]), folder / "v.safetensors")
    save_file(named(vectors[0], "x.") | named(vectors[1], "y."), folder / "directions.safetensors")
    expected = {}
    for name, weights in ("weights", row), ("near", row + 1e-10 * vectors[0]):
        save_file(named(weights) | {key: value.clone() for key, value in net.named_buffers()}, folder / f"{name}.safetensors")
        hessian = torch.autograd.functional.hessian(loss, weights)
        gradient = torch.autograd.functional.jacobian(loss, weights)
        product, v = hessian @ vectors[0], vectors[0]
        axis = torch.linspace(-0.5, 0.5, 3)
        eigenvalues = torch.linalg.eigvalsh(hessian)
        expected[name] = {
            "loss": loss(weights).item(), "gradient_norm": gradient.norm().item(), "gv": (gradient @ v).item(),
            "hv_norm": product.norm().item(), "vhv": (v @ product).item(), "trace": hessian.trace().item(),
            "sam_loss": loss(weights + 0.05 * gradient / gradient.norm()).item(), "largest": eigenvalues.flip(0)[:3].tolist(),
            "eigenvalues": eigenvalues.tolist(),
            "slice": [[loss(weights + a * vectors[0] + b * vectors[1]).item() for a in axis] for b in axis],
        }
    assert expected["weights"]["loss"] != expected["near"]["loss"]
    near = row + 1e-10 * vectors[0]
    assert torch.equal(row.float(), near.float()) or (row.float() != near.float()).sum() < 2, "32 bits tell the two apart"
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
    print("precision", expected["weights"]["loss"], expected["near"]["loss"] - expected["weights"]["loss"])


if __name__ == "__main__":
    checkpoints()
    precision()
