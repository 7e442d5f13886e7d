"""The program's figures of a model are torch's own; what it refuses is an `Error`. Needs the program and torch."""

import contextlib
import io
import tempfile
import unittest
from pathlib import Path

import numpy as np

try:
    import torch
except ImportError as err:
    raise unittest.SkipTest("torch is not installed") from err

from modules import MODELS
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import flatscape
from flatscape import Error

try:
    flatscape.program()
except Error as err:
    raise unittest.SkipTest(str(err)) from err

NUM_EXAMPLES = 12
# Sums of 32-bit floats in another order.
TOLERANCE = 3e-5


def analyze(model: nn.Module, loader, **options):
    return flatscape.analyze(model, loader, device="cpu", progress=False, **options)


def examples(shape, generator) -> tuple[torch.Tensor, torch.Tensor]:
    if shape == "tokens":
        return torch.randint(0, 7, (NUM_EXAMPLES, 5), generator=generator), torch.arange(NUM_EXAMPLES) % 3
    return torch.randn(NUM_EXAMPLES, *shape, generator=generator), torch.arange(NUM_EXAMPLES) % 3


def initialized(model: nn.Module, x: torch.Tensor, generator) -> nn.Module:
    """Give every tensor other numbers than those that norms begin with."""
    model(x)
    with torch.no_grad():
        for name, tensor in (*model.named_parameters(), *model.named_buffers()):
            if tensor.is_floating_point() and name != "later":
                tensor.add_(0.3 * torch.rand(tensor.shape, generator=generator))
    return model.eval()


def figures(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> tuple[float, float, float]:
    """Give torch's loss, accuracy and norm of the gradient."""
    output = model(x)
    classes = output.shape[-1]
    loss = nn.functional.cross_entropy(output.reshape(-1, classes), y.reshape(-1))
    parameters = [one for one in model.parameters() if one.requires_grad]
    gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
    norm = torch.sqrt(sum((one.double() ** 2).sum() for one in gradients if one is not None))
    return loss.item(), (output.argmax(-1) == y).double().mean().item(), norm.item()


class AgainstTorch(unittest.TestCase):
    def test_loss_accuracy_and_gradient_are_those_of_torch_for_every_module(self):
        generator = torch.Generator().manual_seed(1)
        torch.backends.mha.set_fastpath_enabled(False)
        for name, (model, shape) in MODELS.items():
            x, y = examples(shape, generator)
            model = initialized(model, x, generator)
            if model(x).dim() == 3:
                y = torch.randint(0, 7, (NUM_EXAMPLES, 5), generator=generator)
            loss, accuracy, norm = figures(model, x, y)
            with self.subTest(name):
                found = analyze(model, DataLoader(TensorDataset(x, y), batch_size=5))
                self.assertLess(abs(found.loss - loss), TOLERANCE * max(1.0, loss), f"{found.loss} {loss}")
                self.assertLess(
                    abs(found.gradient_norm - norm), 10 * TOLERANCE * max(1.0, norm), f"{found.gradient_norm} {norm}"
                )
                self.assertAlmostEqual(found.accuracy, accuracy, places=6)

    def test_the_hessian_is_that_of_torch_in_64_bits(self):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).double()
        x, y = torch.randn(9, 3, dtype=torch.float64), torch.arange(9) % 2
        names, values = zip(*model.named_parameters())

        def loss(row):
            parts = row.split([value.numel() for value in values])
            tensors = {name: part.view(value.shape) for name, part, value in zip(names, parts, values)}
            return nn.functional.cross_entropy(torch.func.functional_call(model, tensors, (x,)), y)

        row = torch.cat([value.detach().reshape(-1) for value in values])
        hessian = torch.autograd.functional.hessian(loss, row)
        spectrum = torch.linalg.eigvalsh(hessian).numpy()
        found = analyze(
            model, (x, y), dense=True, eigenvalues=2, trace_probes=4, slice=3, precision="f64", hvp=dict(model.state_dict())
        )
        self.assertEqual(found.parameters, len(row))
        np.testing.assert_allclose(found.dense.eigenvalues, spectrum, atol=1e-10)
        np.testing.assert_allclose(found.eigenvalues.largest, spectrum[:-3:-1], atol=1e-8)
        np.testing.assert_allclose(found.report["hvp"]["vhv"], (row @ hessian @ row).item(), rtol=1e-10)
        self.assertEqual((found.slice.loss.shape, found.slice.accuracy.shape), ((3, 3), (3, 3)))
        self.assertAlmostEqual(found.slice.loss[1, 1], found.loss, places=14)
        self.assertEqual(list(found.layer_traces), list(names))
        self.assertTrue(all(np.isfinite([one.mean, one.stderr]).all() for one in found.layer_traces.values()))

    def test_the_squared_error_is_that_of_torch(self):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
        x, y = torch.randn(9, 3), torch.randn(9)
        found = analyze(model, (x, y))
        self.assertAlmostEqual(found.loss, nn.functional.mse_loss(model(x)[:, 0], y).item(), places=6)
        self.assertIsNone(found.accuracy)

    def test_other_weights_are_modules_state_dicts_or_files(self):
        torch.manual_seed(0)
        models = [nn.Sequential(nn.Identity(), nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)) for _ in range(4)]
        x, y = torch.randn(9, 3), torch.arange(9) % 2
        with tempfile.TemporaryDirectory() as name:
            flatscape.save(name, models[3], (x, y))
            checkpoints = [models[1], models[2].state_dict(), Path(name) / "weights.npz"]
            found = analyze(models[0], (x, y), path=checkpoints, curvature="none", slice=3)
            losses = [nn.functional.cross_entropy(model(x), y).item() for model in (*models[1:], models[0])]
            np.testing.assert_allclose(found.report["path"]["loss"], losses, rtol=1e-5)
            line = analyze(models[0], (x, y), to=models[1], line_points=3).report["line"]
            np.testing.assert_allclose([line["loss"][0], line["loss"][-1]], [losses[-1], losses[0]], rtol=1e-5)


class Told(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(0)
        self.model = nn.Sequential(nn.Linear(3, 2))
        self.data = torch.randn(6, 3), torch.arange(6) % 2

    def test_what_the_program_refuses_is_an_error_with_its_sentence(self):
        for options, words in [
            ({"trace_probes": -1}, "`--trace-probes` is `-1`"),
            ({"eigenvalues": 99}, "`--eigenvalues` is `99`, expected at most 8"),
            ({"slice": 5, "normalize": "filters"}, "filters"),
            ({"precision": "f16"}, "`--precision`"),
        ]:
            with self.subTest(words), self.assertRaises(Error) as caught:
                analyze(self.model, self.data, **options)
            self.assertIn(words, str(caught.exception))
            self.assertNotIn("\n", str(caught.exception))
        with self.assertRaisesRegex(Error, "class"):
            analyze(self.model, (self.data[0], torch.arange(6)))

    def test_results_stay_where_they_were_asked_for_and_are_not_written_over(self):
        with tempfile.TemporaryDirectory() as name:
            out = Path(name) / "report"
            first = analyze(self.model, self.data, out=out, slice=3)
            self.assertTrue((out / "report.json").is_file() and (out / "slice.png").is_file())
            with self.assertRaisesRegex(Error, "--force"):
                analyze(self.model, self.data, out=out)
            self.assertEqual(analyze(self.model, self.data, out=out, force=True, slice=3).loss, first.loss)

    def test_progress_goes_to_stderr_and_is_silent_where_it_shall(self):
        for progress in (True, False):
            said = io.StringIO()
            with contextlib.redirect_stderr(said):
                flatscape.analyze(self.model, self.data, device="cpu", trace_probes=64, progress=progress)
            self.assertEqual(bool(said.getvalue()), progress, said.getvalue())


class Followed(unittest.TestCase):
    def test_checkpoints_lie_in_a_folder_that_says_what_they_are(self):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(3, 2))
        data = torch.randn(10, 3), torch.arange(10) % 2
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "run"
            for step in (0, 10):
                flatscape.save_step(folder, step, model, data)
                torch.nn.init.normal_(model[0].weight)
            names = sorted(file.name for file in folder.iterdir())
            self.assertEqual(names, ["examples.npz", "experiment.toml", "step_0.npz", "step_10.npz"])
            # A process of its own would go on; another model would not.
            with self.assertRaisesRegex(Error, "is of another model"):
                flatscape.save_step(folder, 20, nn.Sequential(nn.Linear(3, 2), nn.Tanh()), data)
            with self.assertRaisesRegex(Error, "`step` is -1"):
                flatscape.save_step(folder, -1, model, data)
            found = analyze(model, data, path=folder, curvature="none", slice=3)
            self.assertEqual(len(found.report["path"]["loss"]), 3, "two checkpoints, and the weights as they are")
        with self.assertRaisesRegex(Error, "is not there"):
            flatscape.show("no such folder")


if __name__ == "__main__":
    unittest.main()
