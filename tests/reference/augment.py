"""What PyTorch makes of small images, in 64-bit floats: turned, brighter with less contrast, resized.

    python augment.py

Prints the numbers that tests of `data` hold. torchvision turns tensors by `affine_grid` and `grid_sample`, resizes them by
`interpolate` with `antialias=True`, and blends them as it is written out here.
"""

import math

import torch
from torch.nn.functional import affine_grid, grid_sample, interpolate


def shown(name, tensor):
    print(name, [round(value, 6) for value in tensor.flatten().tolist()])


image = torch.arange(1, 17, dtype=torch.float64).reshape(1, 1, 4, 4)
sin, cos = math.sin(math.radians(30)), math.cos(math.radians(30))


def turned(image, sin, cos):
    turn = torch.tensor([[[cos, -sin, 0], [sin, cos, 0]]], dtype=torch.float64)
    return grid_sample(image, affine_grid(turn, image.shape, align_corners=False), align_corners=False)


# Counter-clockwise, as torch.rot90 and torchvision's `rotate`.
assert torch.allclose(turned(image, 1.0, 0.0), torch.rot90(image, 1, (2, 3)))
shown("TURNED", turned(image, sin, cos))
bright = 1.25 * image
shown("JITTERED", 0.6 * bright + 0.4 * bright.mean())
wide = torch.tensor([[0, 4, 1, 9, 3], [2, 8, 5, 7, 6]], dtype=torch.float64).reshape(1, 1, 2, 5)
shown("SMALLER", interpolate(wide, (2, 2), mode="bilinear", antialias=True))
shown("LARGER", interpolate(wide, (4, 4), mode="bilinear", antialias=True))
