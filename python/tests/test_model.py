"""Torch models in the words of a model file; what cannot be said is named."""

import unittest

import numpy as np

try:
    import torch
except ImportError as err:
    raise unittest.SkipTest("torch is not installed") from err

from modules import MODELS, Classifier, ResNet, Text
from torch import nn

from flatscape import Error, UnsupportedModule
from flatscape._data import Examples
from flatscape._loss import Loss, loss_of
from flatscape._model import translate

FEATURES = np.ones((3, 4), np.float32)
IMAGES = np.ones((2, 2, 8, 8), np.float32)
TOKENS = np.array([[0, 1, 2, 3, 4], [6, 5, 4, 3, 2]])


def text_of(model: nn.Module, x) -> str:
    return translate(model, x).text(Loss("cross-entropy"))


class Said(unittest.TestCase):
    def test_a_sequential_keeps_its_names(self):
        model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 3, bias=False))
        expected = (
            'input = [4]\nloss = "cross-entropy"\nlabel_smoothing = 0.1\nlayers = [\n    "linear 8",\n    "relu",\n'
            '    "dropout 0.5",\n    "linear 3 nobias",\n]\n'
        )
        said = translate(model, FEATURES)
        self.assertEqual(said.text(Loss("cross-entropy", 0.1)), expected)
        self.assertEqual(list(said.weights()), list(model.state_dict()))
        np.testing.assert_array_equal(said.weights()["3.weight"], model[3].weight.detach().numpy())

    def test_what_makes_no_layer_moves_the_numbers_and_names_say_whose_they_are(self):
        model = nn.Sequential(nn.Identity(), nn.Sequential(nn.Linear(4, 8), nn.Tanh()), nn.Linear(8, 3))
        text = text_of(model, FEATURES)
        self.assertIn('"linear 8",\n    "tanh",\n    "linear 3",\n]\n\n[names]\n"0.weight" = "1.0.weight"\n', text)
        self.assertIn('"2.bias" = "2.bias"', text)

    def test_sums_are_blocks_with_a_shortcut_where_there_is_one(self):
        said = translate(ResNet(), IMAGES)
        text = said.text(Loss("cross-entropy"))
        conv = '"conv 4 3x3 padding 1 nobias"'
        self.assertIn(f'    [{conv}, "batchnorm", "relu", {conv}, "batchnorm"],\n', text)
        self.assertIn('"batchnorm", "shortcut", "conv 6 1x1 stride 2 nobias", "batchnorm"],\n', text)
        self.assertIn('"5.6.weight" = "blocks.1.down.0.weight"', text)
        self.assertIn('"5.7.running_var" = "blocks.1.down.1.running_var"', text)
        self.assertEqual(
            said.notes(),
            ["2 tensors (`unused.weight`, `unused.bias`) left out: what the model gives does not depend on them"],
        )

    def test_tensors_that_are_one_are_tied(self):
        text = text_of(Text(), TOKENS)
        self.assertTrue(text.startswith("input = { tokens = 5, vocabulary = 7 }\n"), text)
        self.assertIn('tied = [["0.weight", "5.weight"]]\n', text)
        self.assertIn('    "position 9",\n    ["layernorm", "attention 2 causal"],\n', text)
        shared = nn.Linear(4, 4)
        text = text_of(nn.Sequential(shared, nn.Tanh(), shared), FEATURES)
        self.assertIn('tied = [["0.weight", "2.weight"], ["0.bias", "2.bias"]]\n', text)

    def test_wrappers_come_off(self):
        model = nn.Sequential(nn.Linear(4, 2))
        self.assertEqual(text_of(nn.DataParallel(model), FEATURES), text_of(model, FEATURES))
        self.assertEqual(text_of(torch.compile(model), FEATURES), text_of(model, FEATURES))

    def test_the_model_stays_as_it_was(self):
        model = ResNet().train()
        model.blocks.eval()
        before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        state = torch.random.get_rng_state()
        translate(model, IMAGES)
        self.assertTrue(model.training and model.stem.training and not model.blocks[0].bn1.training)
        self.assertTrue(torch.equal(torch.random.get_rng_state(), state))
        for name, tensor in model.state_dict().items():
            self.assertTrue(torch.equal(tensor, before[name]), name)

    def test_parameters_that_stand_still_are_noted(self):
        model = nn.Sequential(nn.Linear(4, 2))
        model[0].bias.requires_grad_(False)
        self.assertEqual(
            translate(model, FEATURES).notes(), ["1 tensor (`0.bias`) with requires_grad=False, counted as parameters here"]
        )

    def test_dropout_that_no_layer_has_is_noted(self):
        layer = nn.TransformerEncoderLayer(8, 2, 12, 0.1, batch_first=True)
        said = translate(nn.Sequential(nn.Embedding(7, 8), layer, nn.Linear(8, 7)), TOKENS)
        feed = '["linear 12", "relu", "dropout 0.1", "linear 8", "dropout 0.1"],'
        expected = f'["attention 2", "dropout 0.1"],\n    "layernorm",\n    {feed}'
        self.assertIn(expected, said.text(Loss("token-cross-entropy")))
        note = "1 module (`1.self_attn`) left out: dropout that no layer has, which acts in training alone"
        self.assertEqual(said.notes(), [note])

    def test_all_models_of_the_comparison_are_said(self):
        self.assertGreater(len(MODELS), 40)
        tokens = np.arange(10).reshape(2, 5) % 7
        for name, (model, shape) in MODELS.items():
            with self.subTest(name):
                translate(model, tokens if shape == "tokens" else np.ones((2, *shape), np.float32))
        self.assertIn('"mean-token"', text_of(Classifier("mean"), tokens))


class Twice(nn.Module):
    def forward(self, x):
        return x + x


class Gate(nn.Module):
    def forward(self, x):
        return x if x.sum() > 0 else -x


class Holder(nn.Module):
    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x)


class Pair(nn.Module):
    def forward(self, x, y):
        return x + y


class Own(nn.Linear):
    def forward(self, x):
        return super().forward(x) * 2


def hooked() -> nn.Module:
    layer = nn.Linear(4, 4)
    layer.register_forward_hook(lambda *_: None)
    return layer


class Refused(unittest.TestCase):
    def test_the_first_part_that_cannot_be_said_is_named_with_its_class(self):
        linear = nn.Linear(4, 4)
        norm = nn.BatchNorm1d(4)
        maps = nn.Conv2d(2, 2, 3)
        cases = [
            (nn.Sequential(linear, nn.PReLU(), nn.CELU()), FEATURES, "1", "nn.PReLU", "no layer of a model file says it"),
            (nn.Sequential(linear, nn.LogSoftmax(1)), FEATURES, "1", "nn.LogSoftmax", "leave it out"),
            (Holder(Holder(nn.LSTM(4, 4))), FEATURES, "inner.inner", "nn.LSTM", "no layer"),
            (Holder(nn.Sequential(linear, Gate())), FEATURES, "inner.1", "Gate", "its forward cannot be followed"),
            (nn.Sequential(linear, Twice()), FEATURES, "1", "Twice", "adds a tensor to itself"),
            (nn.Sequential(linear, Own(4, 4)), FEATURES, "1", "Own", "`linear`"),
            (nn.Sequential(linear, hooked()), FEATURES, "1", "nn.Linear", "it has hooks"),
            (nn.Sequential(norm, linear, norm), FEATURES, "0", "nn.BatchNorm1d", "it stands at two places"),
            (nn.Sequential(nn.LazyLinear(3)), FEATURES, "0", "nn.LazyLinear", "call the model once before"),
            (Pair(), FEATURES, "", "Pair", "depends on 2 inputs"),
            (nn.Sequential(nn.Linear(8, 3)), IMAGES, "0", "nn.Linear", "put nn.Flatten before it"),
            (nn.Sequential(maps, nn.LayerNorm(6)), IMAGES, "1", "nn.LayerNorm", "it normalizes over [6], expected [2, 6, 6]"),
            (nn.Sequential(nn.BatchNorm1d(4, track_running_stats=False)), FEATURES, "0", "nn.BatchNorm1d", "no running"),
            (nn.Sequential(nn.BatchNorm1d(4, momentum=None)), FEATURES, "0", "nn.BatchNorm1d", "its momentum is None"),
            (
                nn.Sequential(nn.Conv2d(2, 2, 3, 1, 1, padding_mode="reflect")),
                IMAGES,
                "0",
                "nn.Conv2d",
                "padding is of reflect",
            ),
            (nn.Sequential(nn.Conv2d(2, 2, 2, padding="same")), IMAGES, "0", "nn.Conv2d", "expected odd sizes"),
            (nn.Sequential(maps, nn.AdaptiveAvgPool2d(2)), IMAGES, "1", "nn.AdaptiveAvgPool2d", "its output size is 2"),
            (nn.Sequential(nn.Embedding(7, 4, padding_idx=0)), TOKENS, "0", "nn.Embedding", "padding_idx"),
            (nn.Sequential(nn.Softplus(beta=2)), FEATURES, "0", "nn.Softplus", "expected beta=1"),
            (torch.nn.utils.parametrizations.weight_norm(nn.Linear(4, 4)), FEATURES, "", "ParametrizedLinear", "`linear`"),
        ]
        for model, x, name, kind, words in cases:
            with self.subTest(f"{kind} {words}"), self.assertRaises(UnsupportedModule) as caught:
                translate(model, x)
            message = str(caught.exception)
            self.assertEqual(caught.exception.name, name, message)
            self.assertTrue(caught.exception.kind.endswith(kind), message)
            self.assertIn(words, message)
            self.assertIn(f"`{name}` (" if name else "the model (", message)
            self.assertNotIn("\n", message)

    def test_examples_that_do_not_fit_are_told_where_they_fail(self):
        model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(7, 2))
        with self.assertRaisesRegex(
            Error, r"^`2` \(nn\.Linear\) does not take the loader's examples of the shape \[4\]: [^\n]*$"
        ):
            translate(model, FEATURES)


class Losses(unittest.TestCase):
    def test_labels_say_which_loss_it_is(self):
        x = np.ones((4, 2), np.float32)
        classes, values = Examples(x, np.arange(4)), Examples(x, np.ones((4, 3)))
        self.assertEqual(loss_of(None, classes, (3,)), Loss("cross-entropy"))
        self.assertEqual(loss_of(None, values, (3,)), Loss("mse"))
        self.assertEqual(loss_of(None, Examples(x, np.ones(4)), (1,)), Loss("mse"))
        self.assertEqual(loss_of(None, Examples(x, np.ones((4, 2), int)), (2, 3)), Loss("token-cross-entropy"))
        self.assertEqual(loss_of(nn.CrossEntropyLoss(label_smoothing=0.2), classes, (3,)), Loss("cross-entropy", 0.2))
        self.assertEqual(loss_of(nn.MSELoss(), values, (3,)), Loss("mse"))

    def test_losses_that_cannot_be_said_are_told(self):
        x = np.ones((4, 2), np.float32)
        classes, values = Examples(x, np.arange(4)), Examples(x, np.ones((4, 3)))
        cases = [
            ("l2", classes, "`loss` is `l2`, expected one of cross-entropy"),
            (nn.L1Loss(), values, "`loss` is L1Loss, expected nn.CrossEntropyLoss"),
            (nn.MSELoss(reduction="sum"), values, "the reduction sum, expected mean"),
            (nn.CrossEntropyLoss(weight=torch.ones(3)), classes, "weights of classes"),
            ("cross-entropy", values, "the labels are float64 of the shape [4, 3], expected whole numbers [N]"),
            ("mse", classes, "expected floats for the squared error"),
            ("mse", Examples(x, np.ones((4, 2))), "the labels are [2] of each example, expected [3]"),
        ]
        for loss, examples, words in cases:
            with self.subTest(words), self.assertRaises(Error) as caught:
                loss_of(loss, examples, (3,))
            self.assertIn(words, str(caught.exception))


if __name__ == "__main__":
    unittest.main()
