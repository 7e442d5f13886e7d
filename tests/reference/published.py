"""Networks of torchvision, timm, transformers and open_clip, for `flatscape analyze NAME` to read as those libraries save them.

    python published.py [NAME…] [--save DIR]

with torch 2.15, torchvision 0.29, timm 1.0, transformers 5.24, open_clip_torch 3.3. Writes published/NAME.json for each. With --save it
writes DIR/NAME instead: the files that each library itself saves (random weights of its own), their data, and in saved.json their loss
and λmax, for tests/published.sh.

A network is filled by a formula that tests repeat, so that no weights need be kept: number `element` of tensor `index` is

    z = splitmix64(index · 2³² + element),   u = (z >> 40) / 2²⁴,   low + (high − low) · u   in 64 bits, rounded to 32

and so are the examples, whose streams have indices of their own. Loss, norm of the gradient and λmax are the library's own, in
evaluation mode and 64-bit floats of the 32-bit weights.
"""

import argparse
import json
import math
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

HERE = Path(__file__).parent / "published"
# A script of this folder has the name of a library, which is what is meant here.
sys.path = [folder for folder in sys.path if Path(folder).resolve() != HERE.parent.resolve()]
IMAGES, LABELS, TOKENS = 1 << 20, (1 << 20) + 1, (1 << 20) + 2
"""Streams of the examples, above those of all tensors."""


def uniform(stream, count):
    """Numbers from 0 to below 1, 24 bits each."""
    with np.errstate(over="ignore"):
        z = np.arange(count, dtype=np.uint64) + np.uint64(stream << 32) + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float64) / 2**24


def between(stream, shape, low, high):
    flat = low + (high - low) * uniform(stream, math.prod(shape))
    return torch.tensor(flat.astype(np.float32).reshape(shape))


def whole(stream, shape, below):
    return torch.tensor(np.floor(below * uniform(stream, math.prod(shape))).astype(np.int64).reshape(shape))


def span(name, shape, transposed):
    """Bounds of a tensor that keep activations near 1."""
    last = name.rsplit(".", 1)[-1]
    if last == "running_var":
        return 0.5, 1.5
    if name == "logit_scale":
        return 2.659, 2.661
    if last == "running_mean" or last.endswith("bias"):
        return -0.1, 0.1
    if len(shape) == 1 and last == "weight":
        # Norms: those that end a branch of a ResNet are small, so that sums do not grow from block to block.
        ends = any(part in name for part in ("bn3.", "downsample.1."))
        ends = ends or ("bn2." in name and not HAS_THIRD)
        return (0.3, 0.5) if name.startswith("layer") and ends else (0.8, 1.2)
    if any(word in name for word in ("wte", "wpe", "embed", "cls_token")) and "patch_embed" not in name:
        # A tied table gives the logits too.
        bound = float(np.float32(math.sqrt(3 / shape[-1])))
        return -bound, bound
    fan_in = shape[0] if transposed else math.prod(shape[1:])
    bound = float(np.float32(math.sqrt(3 / fan_in)))
    return -bound, bound


HAS_THIRD = False


def fill(model):
    """Fills every tensor; what was filled how, in the order of the state dict."""
    global HAS_THIRD
    state = model.state_dict()
    HAS_THIRD = any("bn3." in name for name in state)
    rows, first = [], {}
    for index, (name, tensor) in enumerate(state.items()):
        shape = list(tensor.shape)
        if tensor.dtype == torch.int64:
            rows.append([name, "i64", shape, 0, 0])
            tensor.fill_(0)
            continue
        if tensor.data_ptr() in first:
            rows.append([name, "f32", shape, first[tensor.data_ptr()]])
            continue
        first[tensor.data_ptr()] = name
        transposed = name in ("visual.proj", "text_projection") or ".c_" in name and "resblocks" not in name
        low, high = span(name, shape, transposed)
        tensor.copy_(between(index, shape, low, high))
        rows.append([name, "f32", shape, low, high])
    return rows


def classify(count, n, side):
    """Images with classes, and the cross-entropy of a model that gives logits."""
    x, y = between(IMAGES, [n, 3, side, side], -2.0, 2.0), whole(LABELS, [n], count)
    data = {"x": {"stream": IMAGES, "shape": [n, 3, side, side], "low": -2.0, "high": 2.0}}
    data["y"] = {"stream": LABELS, "shape": [n], "below": count}
    return data, {"x": x, "y": y}, lambda model, dtype: F.cross_entropy(model(x.to(dtype)), y)


def continue_texts(vocabulary, n, length):
    """Texts whose every token is to be foretold from those before it. Transformers' own loss is of 32 bits, whatever the model."""
    x = whole(TOKENS, [n, length], vocabulary)
    y = torch.cat([x[:, 1:], torch.full((n, 1), -100)], dim=1)
    data = {"x": {"stream": TOKENS, "shape": [n, length], "below": vocabulary}}

    def loss(model, dtype):
        if dtype == torch.float32:
            return model(input_ids=x, labels=x).loss
        return F.cross_entropy(model(input_ids=x).logits.transpose(1, 2), y, ignore_index=-100)

    return data, {"x": x, "y": y}, loss


def match(vocabulary, side, length, lengths):
    """Images with texts, and open_clip's own loss."""
    n = len(lengths)
    image = between(IMAGES, [n, 3, side, side], -2.0, 2.0)
    text = whole(TOKENS, [n, length], vocabulary - 1)
    for row, end in zip(text, lengths):
        # The last token has the greatest number, as open_clip's tokenizer has it.
        row[end - 1], row[end:] = vocabulary - 1, -1
    data = {"image": {"stream": IMAGES, "shape": list(image.shape), "low": -2.0, "high": 2.0}}
    data["text"] = {"stream": TOKENS, "shape": [n, length], "below": vocabulary - 1, "lengths": lengths}

    def loss(model, dtype):
        from open_clip import ClipLoss

        features = model(image.to(dtype), text.clamp(min=0))
        return ClipLoss()(features[0], features[1], features[2])

    return data, {"image": image, "text": text}, loss


def torchvisions(name):
    import torchvision

    return getattr(torchvision.models, name)()


def timms(name):
    import timm

    return timm.create_model(name, pretrained=False)


def gpt2(**settings):
    from transformers import GPT2Config, GPT2LMHeadModel

    # The other implementations of attention have no second derivative.
    return GPT2LMHeadModel(GPT2Config(**settings, attn_implementation="eager"))


def clip(name):
    import open_clip

    return open_clip.create_model(name)


def clip_mini():
    from open_clip import CLIP

    vision = {"image_size": 32, "layers": 3, "width": 64, "head_width": 16, "patch_size": 8}
    text = {"context_length": 32, "vocab_size": 256, "width": 64, "heads": 4, "layers": 3}
    return CLIP(embed_dim=64, vision_cfg=vision, text_cfg=text)


TINY_GPT2 = {"vocab_size": 97, "n_positions": 24, "n_embd": 32, "n_layer": 2, "n_head": 4, "bos_token_id": 0, "eos_token_id": 0}

NETWORKS = {
    # Name: library, builtin model with its options, module, examples and loss, whether λmax is wanted.
    "resnet18": ("torchvision", "resnet18 --input 3,64,64", lambda: torchvisions("resnet18"), lambda: classify(1000, 4, 64), True),
    "resnet34": ("torchvision", "resnet34 --input 3,64,64", lambda: torchvisions("resnet34"), lambda: classify(1000, 4, 64), False),
    "resnet50": ("torchvision", "resnet50 --input 3,64,64", lambda: torchvisions("resnet50"), lambda: classify(1000, 4, 64), False),
    "vit-tiny": ("timm", "vit-tiny", lambda: timms("vit_tiny_patch16_224"), lambda: classify(1000, 2, 224), False),
    "gpt2-tiny": (
        "transformers",
        "gpt2 --classes 97 --input 24 --width 32 --depth 2 --heads 4",
        lambda: gpt2(**TINY_GPT2),
        lambda: continue_texts(97, 6, 24),
        True,
    ),
    "gpt2": ("transformers", "gpt2 --input 48", gpt2, lambda: continue_texts(50257, 2, 48), False),
    "clip-mini": ("open_clip", "clip-mini", clip_mini, lambda: match(256, 32, 32, [32, 9, 1, 20, 5]), False),
    "clip-vit-s-32-alt": (
        "open_clip",
        "clip-vit-s-32-alt",
        lambda: clip("ViT-S-32-alt"),
        lambda: match(49408, 224, 77, [77, 9, 20]),
        False,
    ),
}


def greatest_eigenvalue(loss, parameters, tolerance=1e-7, most=400):
    """λmax of the Hessian by Lanczos; lost orthogonality makes copies of it, not another one."""
    gradient = torch.autograd.grad(loss, parameters, create_graph=True)
    size = sum(p.numel() for p in parameters)
    generator = torch.Generator().manual_seed(1)
    v = torch.randn(size, dtype=torch.float64, generator=generator)
    v /= v.norm()
    before, beta, alphas, betas, last = torch.zeros_like(v), 0.0, [], [], 0.0
    for step in range(most):
        parts, at = [], 0
        for p in parameters:
            parts.append(v[at : at + p.numel()].view_as(p))
            at += p.numel()
        product = torch.autograd.grad(gradient, parameters, parts, retain_graph=True)
        w = torch.cat([p.reshape(-1) for p in product]) - beta * before
        alphas.append(float(w @ v))
        w -= alphas[-1] * v
        beta = float(w.norm())
        largest, vectors = np.linalg.eigh(np.diag(alphas) + np.diag(betas, 1) + np.diag(betas, -1))
        residual = beta * abs(vectors[-1, -1])
        if step > 5 and residual < tolerance * abs(largest[-1]):
            return float(largest[-1]), step + 1
        betas.append(beta)
        before, v = v, w / beta
    raise RuntimeError(f"not within {tolerance} after {most} products")


def describe(name):
    library, builtin, make, examples, wants_lambda = NETWORKS[name]
    model = make().eval()
    tensors = fill(model)
    data, _, loss_of = examples()
    with torch.no_grad():
        single = float(loss_of(model, torch.float32))
    model = model.double()
    parameters = list(model.parameters())
    loss = loss_of(model, torch.float64)
    gradient = torch.autograd.grad(loss, parameters, retain_graph=True)
    record = {
        "library": library,
        "version": __import__(library).__version__.split("+")[0],
        "builtin": builtin,
        "parameters": sum(p.numel() for p in parameters),
        "data": data,
        "loss": float(loss.detach()),
        "loss_f32": single,
        "gradient_norm": float(sum((g**2).sum() for g in gradient) ** 0.5),
        "lambda_max": None,
    }
    if wants_lambda:
        record["lambda_max"], products = greatest_eigenvalue(loss_of(model, torch.float64), parameters)
        print(name, products, "products")
    lines = [f"  {json.dumps(key)}: {json.dumps(value)},\n" for key, value in record.items()]
    rows = ",\n".join("    " + json.dumps(row) for row in tensors)
    text = "{\n" + "".join(lines) + '  "tensors": [\n' + rows + "\n  ]\n}\n"
    assert abs(single - record["loss"]) < 1e-5 * record["loss"], "32 and 64 bits tell the same"
    HERE.mkdir(exist_ok=True)
    (HERE / f"{name}.json").write_text(text)
    print(name, {key: record[key] for key in ("loss", "loss_f32", "gradient_norm", "lambda_max")})


def save(name, folder):
    """The files that the library itself writes of a random network of its own, the data, the loss, and λmax where it is wanted."""
    from safetensors.torch import save_file, save_model

    library, builtin, make, examples, wants_lambda = NETWORKS[name]
    torch.manual_seed(1)
    model = make().eval()
    _, arrays, loss_of = examples()
    folder = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(model.state_dict(), folder / "state.pt")
    if library == "transformers":
        model.save_pretrained(folder)
        model.save_pretrained(folder / "shards", max_shard_size=sum(p.nbytes for p in model.parameters()) // 3)
    else:
        save_model(model, str(folder / "model.safetensors"))
    save_file({key: value.contiguous() for key, value in arrays.items()}, str(folder / "data.safetensors"))
    model = model.double()
    with torch.no_grad():
        loss = float(loss_of(model, torch.float64))
    record = {"builtin": builtin, "loss": loss, "lambda_max": None}
    if wants_lambda:
        record["lambda_max"], _ = greatest_eigenvalue(loss_of(model, torch.float64), list(model.parameters()))
    (folder / "saved.json").write_text(json.dumps(record) + "\n")
    print("saved", name, record)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", default=list(NETWORKS))
    parser.add_argument("--save", type=Path)
    arguments = parser.parse_args()
    for name in arguments.names:
        save(name, arguments.save) if arguments.save else describe(name)
