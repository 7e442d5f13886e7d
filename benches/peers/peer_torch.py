"""The named work of `flatscape bench` in PyTorch: eager loops, double backward for Hessian-vector products.

usage: peer_torch.py mlp|cnn|resnet [figure...]
"""

import json
import sys
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


class Block(nn.Module):
    """A residual block of two 3x3 convolutions; the shortcut is 1x1 where the shape changes."""

    def __init__(self, before, after, stride):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU(),
            nn.Conv2d(after, after, 3, 1, 1, bias=False), nn.BatchNorm2d(after))
        self.shortcut = nn.Identity() if stride == 1 else nn.Sequential(
            nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

    def forward(self, x):
        return F.relu(self.body(x) + self.shortcut(x))


def work(name):
    if name == "mlp":
        net = nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 2))
        x = torch.randn(1024, 2)
        return net, x, (x[:, 0] * x[:, 1] > 0).long()
    if name == "cnn":
        net = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(),
                            nn.MaxPool2d(2), nn.Flatten(), nn.Linear(512, 10))
        return net, torch.randn(256, 1, 8, 8), torch.randint(0, 10, (256,))
    net = nn.Sequential(nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), Block(16, 16, 1),
                        Block(16, 32, 2), Block(32, 64, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))
    for norm in net.modules():
        if isinstance(norm, nn.BatchNorm2d):
            norm.track_running_stats, norm.running_mean, norm.running_var = False, None, None
    return net, torch.randn(128, 3, 32, 32), torch.randint(0, 10, (128,))


torch.manual_seed(0)
NAME, WANTED = sys.argv[1], sys.argv[2:]
net, x, y = work(NAME)
ps = list(net.parameters())


def loss():
    return F.cross_entropy(net(x), y)


def bench(figure, f, runs):
    if WANTED and figure not in WANTED or not WANTED and (NAME, figure) == ("resnet", "slice_51x51"):
        return
    f()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        f()
        times.append((time.perf_counter() - start) * 1e3)
    print(json.dumps({"peer": "torch", "work": NAME, "figure": figure, "ms": round(float(np.median(times)), 4),
                      "min": round(min(times), 4), "runs": runs}), flush=True)


def sgd():
    g = torch.autograd.grad(loss(), ps)
    with torch.no_grad():
        for p, q in zip(ps, g):
            p.add_(q, alpha=-1e-6)


def sam():
    g = torch.autograd.grad(loss(), ps)
    norm = torch.sqrt(sum((q * q).sum() for q in g))
    with torch.no_grad():
        e = [q * (0.05 / norm) for q in g]
        for p, q in zip(ps, e):
            p.add_(q)
    g = torch.autograd.grad(loss(), ps)
    with torch.no_grad():
        for p, q, h in zip(ps, e, g):
            p.sub_(q)
            p.add_(h, alpha=-1e-6)


def nso(k, sigma=0.01):
    total = [torch.zeros_like(p) for p in ps]
    old = [p.detach().clone() for p in ps]
    for _ in range(k):
        us = [torch.randn_like(p) * sigma for p in ps]
        for sign in (1, -1):
            with torch.no_grad():
                for p, o, u in zip(ps, old, us):
                    p.copy_(o + sign * u)
            for a, q in zip(total, torch.autograd.grad(loss(), ps)):
                a.add_(q, alpha=1 / (2 * k))
    with torch.no_grad():
        for p, o, a in zip(ps, old, total):
            p.copy_(o - 1e-6 * a)


d1, d2 = ([torch.randn_like(p) for p in ps] for _ in range(2))


def slices():
    old = [p.detach().clone() for p in ps]
    with torch.no_grad():
        for a in np.linspace(-1, 1, 51):
            for b in np.linspace(-1, 1, 51):
                for p, o, u, v in zip(ps, old, d1, d2):
                    p.copy_(o + float(a) * u + float(b) * v)
                loss().item()
        for p, o in zip(ps, old):
            p.copy_(o)


probes = [[torch.randint(0, 2, p.shape).float() * 2 - 1 for p in ps] for _ in range(64)]


def trace():
    g = torch.autograd.grad(loss(), ps, create_graph=True)
    out = []
    for vs in probes:
        h = torch.autograd.grad(g, ps, grad_outputs=vs, retain_graph=True)
        out.append(sum((a * b).sum() for a, b in zip(h, vs)).item())
    return np.mean(out)


def power():
    g = torch.autograd.grad(loss(), ps, create_graph=True)
    v = [torch.randn_like(p) for p in ps]
    for _ in range(20):
        norm = torch.sqrt(sum((a * a).sum() for a in v))
        v = torch.autograd.grad(g, ps, grad_outputs=[a / norm for a in v], retain_graph=True)


bench("sgd_step", sgd, 50)
bench("sam_step", sam, 50)
for k in (1, 4, 16):
    bench(f"nso_step_k{k}", lambda: nso(k), 20)
bench("slice_51x51", slices, 3)
bench("trace_64", trace, 5)
bench("top_eig_20", power, 5)
