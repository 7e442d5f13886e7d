"""Checkpoints as people save them, with the figures of the network in each, from PyTorch in 64-bit floats.

    python checkpoints_saved.py       (needs PyTorch and safetensors)

Writes saved/ beside this file; README.md describes it. The figures are those of the stored numbers, read back by PyTorch.
"""

import argparse
import json
import os
import pickle
import shutil
import warnings
from pathlib import Path

import torch
from safetensors.torch import save_file, save_model
from torch import nn

from checkpoints import LAYERS, figures, network, prefixed

FOLDER = Path(__file__).parent / "saved"


class Touch:
    """What a pickle may hold: a command that runs as soon as Python opens it."""

    def __reduce__(self):
        return os.system, ("touch flatscape-ran-it",)


class Holder:
    """An object of somebody's own with tensors in it."""

    def __init__(self, state):
        self.state = state


def trained(seed):
    """A network after a step of Adam, which has states then."""
    torch.manual_seed(seed)
    net = network()
    optimizer = torch.optim.Adam(net.parameters(), 0.01)
    nn.functional.cross_entropy(net(torch.randn(4, 1, 4, 4)), torch.arange(4) % 2).backward()
    optimizer.step()
    return net, optimizer


def figures_of(state, x, y):
    net = network().double()
    net.load_state_dict({key: value.double() for key, value in state.items()})
    return figures(net, x.double(), y)


def save(name, what, **options):
    torch.save(what, FOLDER / name, **options)


def strided(state):
    """The same numbers, the weights of the last layer as a view of their transpose, and all in one storage."""
    flat = torch.cat([torch.zeros(5), *[value.reshape(-1) for value in state.values()]])
    parts = flat[5:].split([value.numel() for value in state.values()])
    views = {key: part.view(value.shape) for (key, value), part in zip(state.items(), parts)}
    views["3.weight"] = state["3.weight"].t().contiguous().t()
    return views


def good(x, y):
    """Files that are read, with the state dict that each holds."""
    net, optimizer = trained(11)
    state = net.state_dict()
    other = trained(12)[0].state_dict()
    save("zip.pt", state)
    save("legacy.pt", state, _use_new_zipfile_serialization=False)
    save("strided.pt", strided(state))
    save("wrapped.pth", {"model": state, "optimizer": optimizer.state_dict(), "epoch": 3, "args": argparse.Namespace(lr=0.01)})
    save("own-key.pt", {"my_weights": state, "optimizer": optimizer.state_dict()})
    lightning = {
        "epoch": 1, "global_step": 4, "pytorch-lightning_version": "2.6.0", "state_dict": prefixed(state, "model."), "loops": {},
        "optimizer_states": [optimizer.state_dict()], "lr_schedulers": [], "hyper_parameters": {"lr": 0.01},
    }
    save("lightning.ckpt", lightning)
    save("lightning-legacy.ckpt", lightning, _use_new_zipfile_serialization=False)
    save("whole.pt", net)
    save("code-beside.pt", {"state_dict": state, "hook": Touch()})
    save("two.pt", {"model": state, "ema": {"module": other, "decay": 0.999}})
    save("double.pt", {key: value.double() / 3 for key, value in state.items()})
    save("half.pt", {key: value.half() for key, value in state.items()})
    save_file({key: value.bfloat16() for key, value in state.items()}, FOLDER / "brain.safetensors")
    names = sorted(state)
    first, second = names[:2], names[2:]
    folder = FOLDER / "sharded"
    folder.mkdir()
    bins = FOLDER / "sharded-bin"
    bins.mkdir()
    maps = {"safetensors": {}, "bin": {}}
    for index, part in enumerate((first, second), 1):
        tensors = {key: state[key].clone() for key in part}
        shard = f"model-{index:05}-of-00002.safetensors"
        save_file(tensors, folder / shard, {"format": "pt"})
        maps["safetensors"] |= dict.fromkeys(part, shard)
        shard = f"pytorch_model-{index:05}-of-00002.bin"
        torch.save(tensors, bins / shard)
        maps["bin"] |= dict.fromkeys(part, shard)
    size = sum(value.numel() * 4 for value in state.values())
    for path, kind in [(folder / "model.safetensors.index.json", "safetensors"), (bins / "pytorch_model.bin.index.json", "bin")]:
        path.write_text(json.dumps({"metadata": {"total_size": size}, "weight_map": maps[kind]}, indent=1) + "\n")
    same = ["zip.pt", "legacy.pt", "strided.pt", "wrapped.pth", "own-key.pt", "lightning.ckpt", "lightning-legacy.ckpt", "whole.pt",
            "code-beside.pt", "sharded", "sharded-bin"]
    expected = dict.fromkeys(same, figures_of(state, x, y))
    expected["two.pt model"] = figures_of(state, x, y)
    expected["two.pt ema.module"] = figures_of(other, x, y)
    expected["double.pt"] = figures_of({key: value.double() / 3 for key, value in state.items()}, x, y)
    expected["half.pt"] = figures_of({key: value.half() for key, value in state.items()}, x, y)
    expected["brain.safetensors"] = figures_of({key: value.bfloat16() for key, value in state.items()}, x, y)
    return state, expected


def bad(state):
    """Files that are refused."""
    overflow = {key: value.clone() for key, value in state.items()}
    overflow["0.weight"][0, 0, 0, 0] = 70000.0
    overflow["0.weight"][1, 0, 1, 1] = -1e6
    save("overflow.pt", {key: value.half() for key, value in overflow.items()})
    beyond = {key: value.double() for key, value in state.items()}
    beyond["3.bias"][1] = 1e39
    save_file(beyond, FOLDER / "beyond.safetensors")
    eight = {key: value.to(torch.float8_e4m3fn) for key, value in state.items()}
    save("eight.pt", eight)
    save_file(eight, FOLDER / "eight.safetensors")
    # The class has a name that is nobody's.
    Holder.__module__ = "somebody.net"
    save_holder(state)
    save("sparse.pt", state | {"3.weight": state["3.weight"].to_sparse()})
    save("numbers.pt", {"epoch": 3})
    save("list.pt", list(state.values()))
    (FOLDER / "pickle.pt").write_bytes(pickle.dumps({"a": [1.5]}))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.trace(network(), torch.zeros(1, 1, 4, 4)).save(FOLDER / "script.pt")


def save_holder(state):
    """torch.save imports the class to see that it is there."""
    import sys
    import types

    module = types.ModuleType("somebody.net")
    module.Holder = Holder
    sys.modules["somebody"] = types.ModuleType("somebody")
    sys.modules["somebody.net"] = module
    save("code-needed.pt", {"model": Holder(state)})


def shared():
    """A network two of whose layers have one weight, and another one with names of its own, as published ones have them."""
    torch.manual_seed(13)
    net = nn.Sequential(nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 3))
    net[2].weight = net[0].weight
    folder = FOLDER / "shared"
    folder.mkdir()
    x, y = torch.randn(7, 3), torch.arange(7) % 3
    save_file({"x": x, "y": y}, folder / "data.safetensors")
    (folder / "model.toml").write_text('input = [3]\nloss = "cross-entropy"\nlayers = ["linear 3", "tanh", "linear 3"]\n')
    save_model(net, str(folder / "shared.safetensors"))
    torch.save(net.state_dict(), folder / "both.pt")
    apart = {key: value.clone() for key, value in net.state_dict().items()}
    apart["2.weight"][1, 2] += 0.25
    torch.save(apart, folder / "apart.pt")
    # Hugging Face's GPT-2: weights as [in, out], its masks as buffers, sides of 1 more.
    theirs = {
        "transformer.wte.weight": net[0].weight.detach().t().contiguous(), "transformer.wte.bias": net[0].bias.detach()[None, None],
        "lm_head.weight": net[0].weight.detach().t().contiguous(), "lm_head.bias": net[2].bias.detach(),
        "transformer.h.0.attn.bias": torch.ones(4, 4, dtype=torch.bool).tril()[None, None],
        "transformer.h.0.attn.masked_bias": torch.tensor(-1e4), "position_ids": torch.arange(4)[None],
    }
    torch.save(theirs, folder / "theirs.pt")
    net = net.double()
    with torch.no_grad():
        loss = nn.functional.cross_entropy(net(x.double()), y).item()
    return {"loss": loss, "weight": net[0].weight.detach().reshape(-1).tolist()}


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    torch.manual_seed(10)
    x, y = torch.randn(7, 1, 4, 4), torch.arange(7) % 2
    save_file({"x": x, "y": y}, FOLDER / "data.safetensors")
    (FOLDER / "model.toml").write_text(f'input = [1, 4, 4]\nloss = "cross-entropy"\nlayers = {json.dumps(LAYERS)}\n')
    state, expected = good(x, y)
    bad(state)
    expected["shared"] = shared()
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file():
            print(path.stat().st_size, path.relative_to(FOLDER))


if __name__ == "__main__":
    main()
