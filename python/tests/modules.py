"""Small models that the tests share, each with the shape of an example."""

import torch
import torch.nn.functional as F
from torch import nn


class Residual(nn.Module):
    """As in ResNet: two convolutions, and one beside them where the size changes."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(after)
        is_same = before == after and stride == 1
        self.down = None if is_same else nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        y += x if self.down is None else self.down(x)
        return F.relu(y)


class ResNet(nn.Module):
    """Functions of torch between modules, an argument that is left out, and a module that does nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(2, 4, 3, padding="same")
        self.blocks = nn.Sequential(Residual(4, 4, 1), Residual(4, 6, 2))
        self.head = nn.Linear(6, 3)
        self.unused = nn.Linear(2, 2)

    def forward(self, x, scale=None):
        if scale is not None:
            x = x * scale
        x = self.blocks(F.max_pool2d(torch.relu(self.stem(x)), 2))
        x = F.adaptive_avg_pool2d(x, 1)
        x = F.dropout(x.view(x.size(0), -1), 0.3, training=self.training)
        return self.head(x)


class Functions(nn.Module):
    """Every function that is said."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Conv2d(1, 3, 3)
        self.b = nn.Conv2d(3, 3, 2)
        self.c = nn.Linear(3, 5)
        self.d = nn.Linear(5, 3)

    def forward(self, x):
        x = F.leaky_relu(F.avg_pool2d(F.gelu(self.a(x), approximate="tanh"), 2, stride=1), 0.2)
        x = F.hardswish(self.b(F.elu(F.softplus(x), alpha=0.5)).tanh()).mean(dim=(2, 3))
        x = torch.sigmoid(self.c(F.normalize(x, dim=1))) + F.silu(self.c(x))
        return self.d(torch.flatten(x, 1).contiguous())


class Text(nn.Module):
    """A causal transformer whose last layer is its table of tokens."""

    def __init__(self, norm_first: bool = True, activation: str = "gelu") -> None:
        super().__init__()
        self.embed = nn.Embedding(7, 8)
        self.places = nn.Embedding(9, 8)
        self.norm = nn.LayerNorm(8)
        self.attend = nn.MultiheadAttention(8, 2, batch_first=True)
        self.layer = nn.TransformerEncoderLayer(8, 2, 12, 0.0, activation, batch_first=True, norm_first=norm_first)
        self.last = nn.Linear(8, 7, bias=False)
        self.last.weight = self.embed.weight
        self.register_buffer("later", torch.full((5, 5), float("-inf")).triu(1))

    def forward(self, tokens):
        x = self.embed(tokens) + self.places(torch.arange(tokens.size(1), device=tokens.device))
        y = self.norm(x)
        x = x + self.attend(y, y, y, attn_mask=self.later, need_weights=False)[0]
        return self.last(self.layer(x, src_mask=self.later))


class Classifier(nn.Module):
    """Tokens to one class by a token or their mean."""

    def __init__(self, pick: str) -> None:
        super().__init__()
        self.pick = pick
        self.embed = nn.Embedding(7, 6)
        self.places = nn.Parameter(torch.randn(1, 5, 6))
        encoder = nn.TransformerEncoderLayer(6, 3, 8, 0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(encoder, 2, norm=nn.LayerNorm(6), enable_nested_tensor=False)
        self.head = nn.Linear(6, 3)

    def forward(self, tokens):
        x = self.encoder(self.places + self.embed(tokens))
        return self.head(x.mean(dim=1) if self.pick == "mean" else x[:, 0] if self.pick == "first" else x[:, -1, :])


FEATURES, MAPS, TOKENS = (5,), (2, 7, 6), "tokens"


def of_features(*modules: nn.Module) -> nn.Module:
    return nn.Sequential(nn.Linear(5, 6), *modules, nn.Linear(6, 3))


def of_maps(*modules: nn.Module) -> nn.Module:
    chain = nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), *modules, nn.Flatten(), nn.LazyLinear(3)).eval()
    # The last layer finds its size.
    chain(torch.zeros(1, *MAPS))
    return chain


# A model for each kind of module and of its settings.
MODELS: dict[str, tuple[nn.Module, object]] = {
    **{
        f"{kind.__name__} {settings}".strip(): (of_features(kind(**settings)), FEATURES)
        for kind, settings in [
            (nn.ReLU, {}),
            (nn.Tanh, {}),
            (nn.Sigmoid, {}),
            (nn.SiLU, {}),
            (nn.Hardswish, {}),
            (nn.Softplus, {}),
            (nn.GELU, {}),
            (nn.GELU, {"approximate": "tanh"}),
            (nn.LeakyReLU, {}),
            (nn.LeakyReLU, {"negative_slope": 0.3}),
            (nn.ELU, {}),
            (nn.ELU, {"alpha": 2.5}),
            (nn.Identity, {}),
            (nn.Dropout, {"p": 0.25}),
            (nn.LayerNorm, {"normalized_shape": 6, "eps": 1e-3}),
            (nn.LayerNorm, {"normalized_shape": 6, "elementwise_affine": False}),
            (nn.BatchNorm1d, {"num_features": 6}),
            (nn.BatchNorm1d, {"num_features": 6, "eps": 0.01, "momentum": 0.3, "affine": False}),
            (nn.GroupNorm, {"num_groups": 2, "num_channels": 6}),
            (nn.Linear, {"in_features": 6, "out_features": 6, "bias": False}),
        ]
    },
    **{
        f"{kind.__name__} {settings}": (of_maps(kind(**settings)), MAPS)
        for kind, settings in [
            (nn.Conv2d, {"in_channels": 4, "out_channels": 6, "kernel_size": 3, "stride": 2, "padding": 1, "bias": False}),
            (nn.Conv2d, {"in_channels": 4, "out_channels": 6, "kernel_size": (2, 3), "stride": (1, 2), "padding": (0, 1)}),
            (nn.Conv2d, {"in_channels": 4, "out_channels": 6, "kernel_size": 3, "dilation": (1, 2), "groups": 2}),
            (nn.Conv2d, {"in_channels": 4, "out_channels": 6, "kernel_size": 3, "dilation": 2, "padding": "same"}),
            (nn.Conv2d, {"in_channels": 4, "out_channels": 6, "kernel_size": 2, "padding": "valid"}),
            (nn.MaxPool2d, {"kernel_size": 2}),
            (nn.MaxPool2d, {"kernel_size": (2, 3), "stride": (1, 2), "padding": (0, 1), "ceil_mode": True}),
            (nn.MaxPool2d, {"kernel_size": 2, "stride": 1, "dilation": 2}),
            (nn.AvgPool2d, {"kernel_size": 2}),
            (nn.AvgPool2d, {"kernel_size": 3, "stride": 2, "padding": 1, "count_include_pad": False}),
            (nn.AvgPool2d, {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}),
            (nn.AvgPool2d, {"kernel_size": 2, "divisor_override": 3}),
            (nn.AdaptiveAvgPool2d, {"output_size": 1}),
            (nn.AdaptiveAvgPool2d, {"output_size": (7, 6)}),
            (nn.BatchNorm2d, {"num_features": 4}),
            (nn.LayerNorm, {"normalized_shape": (4, 7, 6)}),
            (nn.GroupNorm, {"num_groups": 4, "num_channels": 4, "eps": 0.1}),
        ]
    },
    "one layer": (nn.Linear(5, 3), FEATURES),
    "residual network": (ResNet(), (2, 8, 8)),
    "functions": (Functions(), (1, 6, 6)),
    "text": (Text(), TOKENS),
    "text, norms behind": (Text(norm_first=False, activation="relu"), TOKENS),
    "mean token": (Classifier("mean"), TOKENS),
    "first token": (Classifier("first"), TOKENS),
    "last token": (Classifier("last"), TOKENS),
}
