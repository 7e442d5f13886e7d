"""The named works of `flatscape bench` in PyTorch.

usage: peer_torch.py WORK [FIGURE...] | --check [WORK...] | --serve

Each figure is done in several forms, of which the fastest counts: `eager`, loops with autograd as most published code has
them (and with the channels last, where there are convolutions); `func`, by `torch.func` with `vmap` over samples, points and
probes; `compile`, the same by `torch.compile`.
"""

from works import WORKS, direction, main, weights


def load(gpu):
    import os

    import torch
    import torch.nn.functional as F
    from torch.func import grad, jvp, vmap
    from torch.nn.attention import SDPBackend, sdpa_kernel

    if gpu and not torch.cuda.is_available():
        raise RuntimeError("PyTorch finds no GPU")
    device = torch.device("cuda" if gpu else "cpu")
    torch.set_num_threads(os.cpu_count())
    torch.set_float32_matmul_precision("highest")

    def attention(x, in_w, in_b, out_w, out_b, heads, causal):
        n, t, d = x.shape
        q, k, v = F.linear(x, in_w, in_b).view(n, t, 3, heads, d // heads).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
        return F.linear(y.transpose(1, 2).reshape(n, t, d), out_w, out_b)

    def block(x, ps, heads, causal, approximate):
        d = x.shape[-1:]
        x = x + attention(F.layer_norm(x, d, ps[0], ps[1]), *ps[2:6], heads, causal)
        h = F.gelu(F.linear(F.layer_norm(x, d, ps[6], ps[7]), ps[8], ps[9]), approximate=approximate)
        return x + F.linear(h, ps[10], ps[11])

    def mlp(ps, x):
        x = torch.tanh(F.linear(x, ps[0], ps[1]))
        return F.linear(torch.tanh(F.linear(x, ps[2], ps[3])), ps[4], ps[5])

    def cnn(ps, x):
        x = F.relu(F.conv2d(x, ps[0], ps[1], padding=1))
        x = F.max_pool2d(F.relu(F.conv2d(x, ps[2], ps[3], padding=1)), 2)
        return F.linear(x.flatten(1), ps[4], ps[5])

    def resnet(ps, x):
        ps = iter(ps)

        def conv(x, stride, padding):
            x = F.conv2d(x, next(ps), stride=stride, padding=padding)
            return F.batch_norm(x, None, None, next(ps), next(ps), training=True)

        x = F.relu(conv(x, 1, 1))
        for stride in (1, 2, 2):
            y = conv(F.relu(conv(x, stride, 1)), 1, 1)
            x = F.relu(y + (x if stride == 1 else conv(x, stride, 0)))
        return F.linear(x.mean((2, 3)), next(ps), next(ps))

    def gpt_mini(ps, x):
        x = F.embedding(x, ps[0]) + ps[1]
        for i in range(4):
            x = block(x, ps[2 + 12 * i:14 + 12 * i], 4, True, "tanh")
        return F.linear(F.layer_norm(x, (64,), ps[50], ps[51]), ps[0]).flatten(0, 1)

    def vit(ps, x):
        x = F.conv2d(x, ps[0], ps[1], stride=2).flatten(2).transpose(1, 2) + ps[2]
        for i in range(2):
            x = block(x, ps[3 + 12 * i:15 + 12 * i], 4, False, "none")
        x = F.layer_norm(x, (32,), ps[27], ps[28]).mean(1)
        return F.linear(x, ps[29], ps[30])

    nets = {"mlp": mlp, "cnn": cnn, "resnet": resnet, "gpt-mini": gpt_mini, "vit": vit}

    def numbers(name, dtype):
        x, y, shapes = WORKS[name]()
        x, y = torch.from_numpy(x).to(device), torch.from_numpy(y.reshape(-1)).to(device)
        if x.is_floating_point():
            x = x.to(dtype)
        return x, y, [torch.from_numpy(w).to(device, dtype) for w in weights(shapes)], shapes

    def check(name):
        x, y, ps, shapes = numbers(name, torch.float64)
        ps = [p.requires_grad_() for p in ps]
        v = [torch.from_numpy(d).to(device) for d in direction(shapes)]
        with sdpa_kernel(SDPBackend.MATH):
            loss = F.cross_entropy(nets[name](ps, x), y)
            g = torch.autograd.grad(loss, ps, create_graph=True)
            slope = sum((a * b).sum() for a, b in zip(g, v))
            h = torch.autograd.grad(slope, ps)
        norm = torch.sqrt(sum((a * a).sum() for a in g))
        return {"loss": loss.item(), "gradient": norm.item(), "curvature": sum((a * b).sum() for a, b in zip(h, v)).item()}

    def work(name):
        x, y, start, _ = numbers(name, torch.float32)
        net = nets[name]
        loss = lambda ps, x=x: F.cross_entropy(net(ps, x), y)
        has_maps = name in ("cnn", "resnet")

        # Autograd on leaves of its own, so that forms do not change each other's weights.
        def leaves(last=False):
            form = lambda p: p.contiguous(memory_format=torch.channels_last) if last and p.dim() == 4 else p
            return [form(p.clone()).requires_grad_() for p in start], form(x)

        def normal(p):
            return torch.randn_like(p)

        def move(ps, g):
            with torch.no_grad():
                torch._foreach_add_(ps, g, alpha=-1e-6)
            return ps[0].flatten()[0].item()

        def length(g):
            return torch.sqrt(torch.stack(torch._foreach_norm(g)).square().sum())

        # The gradient of the loss at some weights, by whatever form.
        def by_autograd(last, compiled):
            ps, own_x = leaves(last)
            of = torch.compile(lambda ps: loss(ps, own_x)) if compiled else (lambda ps: loss(ps, own_x))
            return ps, lambda: list(torch.autograd.grad(of(ps), ps))

        def sgd(last=False, compiled=False):
            ps, gradient = by_autograd(last, compiled)
            return (lambda: move(ps, gradient())), compiled

        def sam(last=False, compiled=False):
            ps, gradient = by_autograd(last, compiled)

            def run():
                g = gradient()
                with torch.no_grad():
                    step = torch._foreach_mul(g, 0.05 / length(g))
                    torch._foreach_add_(ps, step)
                g = gradient()
                with torch.no_grad():
                    torch._foreach_sub_(ps, step)
                return move(ps, g)

            return run, compiled

        def nso(k, last=False, compiled=False):
            ps, gradient = by_autograd(last, compiled)

            def run():
                total = [torch.zeros_like(p) for p in ps]
                old = [p.detach().clone() for p in ps]
                for _ in range(k):
                    us = [normal(p) * 0.01 for p in ps]
                    for sign in (1, -1):
                        with torch.no_grad():
                            torch._foreach_copy_(ps, torch._foreach_add(old, us, alpha=sign))
                        torch._foreach_add_(total, gradient(), alpha=1 / (2 * k))
                with torch.no_grad():
                    torch._foreach_copy_(ps, old)
                return move(ps, total)

            return run, compiled

        # One function of tensors, by torch.func; compiled or not.
        def func(of, compiled):
            return torch.compile(of) if compiled else of

        def sgd_func(compiled):
            ps = [p.clone() for p in start]
            of = func(grad(loss), compiled)
            return (lambda: move(ps, of(ps))), compiled

        def sam_func(compiled):
            ps = [p.clone() for p in start]

            def gradient(ps):
                g = grad(loss)(ps)
                norm = torch.sqrt(sum((a * a).sum() for a in g))
                return grad(loss)([p + a * (0.05 / norm) for p, a in zip(ps, g)])

            of = func(gradient, compiled)
            return (lambda: move(ps, of(ps))), compiled

        def nso_func(k, chunk, compiled):
            ps = [p.clone() for p in start]

            def gradient(ps, us):
                points = [torch.cat([p + u, p - u]) for p, u in zip(ps, us)]
                return [g.mean(0) for g in vmap(grad(loss), chunk_size=chunk)(points)]

            of = func(gradient, compiled)
            draw = lambda: [0.01 * torch.randn((k, *p.shape), device=device) for p in ps]
            return (lambda: move(ps, of(ps, draw()))), compiled

        def points():
            axis = torch.linspace(-1, 1, 51, device=device)
            return torch.cartesian_prod(axis, axis)

        def slice_loop(last=False, compiled=False):
            ps, own_x = leaves(last)
            ds = [[normal(p) for p in ps] for _ in range(2)]
            of = lambda ps: loss(ps, own_x)
            of = torch.compile(of) if compiled else of
            places = points().tolist()

            def run():
                with torch.no_grad():
                    out = []
                    for a, b in places:
                        at = torch._foreach_add(torch._foreach_add(ps, ds[0], alpha=a), ds[1], alpha=b)
                        out.append(of(at))
                    return torch.stack(out).cpu()

            return run, compiled

        def slice_func(compiled):
            ds = [[normal(p) for p in start] for _ in range(2)]
            at = lambda c: loss([p + c[0] * u + c[1] * v for p, u, v in zip(start, *ds)])
            of = func(vmap(at), compiled)
            parts = points().split(51)

            def run():
                with torch.no_grad():
                    return torch.cat([of(part) for part in parts]).cpu()

            return run, compiled

        probe = lambda count: [torch.randint(0, 2, (count, *p.shape), device=device).float() * 2 - 1 for p in start]

        def trace_loop(last=False):
            ps, own_x = leaves(last)
            probes = probe(64)

            def run():
                g = torch.autograd.grad(loss(ps, own_x), ps, create_graph=True)
                out = []
                for i in range(64):
                    vs = [v[i] for v in probes]
                    h = torch.autograd.grad(g, ps, grad_outputs=vs, retain_graph=True)
                    out.append(sum((a * b).sum() for a, b in zip(h, vs)))
                return torch.stack(out).mean().item()

            return run, False

        def product(ps, v):
            return jvp(grad(loss), (ps,), (v,))[1]

        def by_reverse(v):
            return sum((a * b).sum() for a, b in zip(product(start, v), v))

        def by_forward(v):
            along = lambda ps: jvp(loss, (ps,), (v,))[1]
            return jvp(along, (start,), (v,))[1]

        def trace_func(of, size, compiled):
            one = lambda v: of([p[0] for p in v])
            of_part = func(vmap(of) if size > 1 else one, compiled)
            parts = [[p[i:i + size] for p in probe(64)] for i in range(0, 64, size)]
            return (lambda: torch.cat([of_part(part).reshape(-1) for part in parts]).mean().item()), compiled

        def power(of):
            v = [normal(p) for p in start]
            for _ in range(20):
                v = list(torch._foreach_div(v, length(v)))
                v = list(of(v))
            return v[0].flatten()[0].item()

        def power_loop(last=False):
            ps, own_x = leaves(last)

            def run():
                g = torch.autograd.grad(loss(ps, own_x), ps, create_graph=True)
                return power(lambda v: torch.autograd.grad(g, ps, grad_outputs=v, retain_graph=True))

            return run, False

        def power_func(compiled):
            of = func(lambda v: product(start, v), compiled)
            return (lambda: power(of)), compiled

        def all_forms(figure):
            if figure in ("sgd_step", "sam_step"):
                loop, fun = (sgd, sgd_func) if figure == "sgd_step" else (sam, sam_func)
                return {"eager": loop, "eager, channels last": lambda: loop(last=True), "compile": lambda: loop(compiled=True),
                        "compile, channels last": lambda: loop(True, True), "func": lambda: fun(False),
                        "func, compile": lambda: fun(True)}
            if figure.startswith("nso_step_k"):
                k = int(figure.removeprefix("nso_step_k"))
                return {"eager": lambda: nso(k), "eager, channels last": lambda: nso(k, last=True),
                        "compile": lambda: nso(k, compiled=True), "compile, channels last": lambda: nso(k, True, True),
                        "vmap": lambda: nso_func(k, None, False), "vmap, compile": lambda: nso_func(k, None, True)}
            if figure == "slice_51x51":
                return {"eager": slice_loop, "eager, channels last": lambda: slice_loop(last=True),
                        "compile": lambda: slice_loop(compiled=True), "vmap": lambda: slice_func(False),
                        "vmap, compile": lambda: slice_func(True)}
            if figure == "trace_64":
                return {"eager": trace_loop, "eager, channels last": lambda: trace_loop(last=True),
                        "reverse, vmap": lambda: trace_func(by_reverse, 8, False),
                        "reverse, vmap, compile": lambda: trace_func(by_reverse, 8, True),
                        "reverse, compile": lambda: trace_func(by_reverse, 1, True),
                        "forward, vmap": lambda: trace_func(by_forward, 8, False),
                        "forward, vmap, compile": lambda: trace_func(by_forward, 8, True)}
            return {"eager": power_loop, "eager, channels last": lambda: power_loop(last=True),
                    "func": lambda: power_func(False), "func, compile": lambda: power_func(True)}

        def forms(figure):
            chosen = {form: make for form, make in all_forms(figure).items() if has_maps or "channels" not in form}
            is_second = figure in ("trace_64", "top_eig_20")
            return {form: (lambda make=make, plain=is_second or "vmap" in form: attending(make, plain))
                    for form, make in chosen.items()}

        def attending(make, plain):
            # The fused attention has neither second nor forward derivatives, nor a rule for `vmap`.
            run, compiles = make()
            if not plain:
                return run, compiles

            def with_math():
                with sdpa_kernel(SDPBackend.MATH):
                    return run()

            return with_math, compiles

        return forms

    return f"PyTorch {torch.__version__}", work, check


if __name__ == "__main__":
    main("torch", load)
