"""What a loader gives becomes two arrays, or one sentence."""

import unittest

import numpy as np

from flatscape import Error
from flatscape._data import collect

RNG = np.random.default_rng(0)


def batch(count: int, width: int = 3):
    return RNG.normal(size=(count, width)).astype(np.float32), np.arange(count) % 2


class Collected(unittest.TestCase):
    def test_batches_are_put_together_in_their_order(self):
        batches = [batch(4), batch(4), batch(1)]
        data = collect(batches)
        self.assertEqual((data.x.shape, data.y.shape), ((9, 3), (9,)))
        np.testing.assert_array_equal(data.x[4:8], batches[1][0])
        self.assertEqual(len(collect(iter(batches), batches=2).x), 8)

    def test_a_pair_of_arrays_is_all_examples(self):
        x, y = batch(5)
        np.testing.assert_array_equal(collect((x, y)).x, x)

    def test_numbers_keep_their_bits_but_halves(self):
        for given, kept in ((np.float16, np.float32), (np.float32, np.float32), (np.float64, np.float64), (np.uint8, np.uint8)):
            self.assertEqual(collect([(np.ones((2, 3), given), [0, 1])]).x.dtype, kept)

    def test_generators_without_an_end_are_cut(self):
        def endless():
            while True:
                yield batch(2)

        self.assertEqual(len(collect(endless(), batches=3).x), 6)


class Refused(unittest.TestCase):
    def test_hostile_loaders_are_told_in_one_sentence(self):
        x, y = batch(4)
        bad = x.copy()
        bad[1, 2], bad[2, 0] = np.nan, np.inf
        cases = [
            ([], "the loader gives no example, expected at least one batch"),
            ([(x[:0], y[:0])], "the loader gives no example"),
            ((x[:0], y[:0]), "the loader gives no example"),
            (7, "the loader is a int, expected batches"),
            ([x], "batch 1 of the loader is a ndarray, expected a pair"),
            ([(x, y, y)], "batch 1 of the loader is a tuple of 3, expected a pair"),
            ([(x, y), {"x": x}], "batch 2 of the loader is a dict, expected a pair"),
            ([(x, y[:3])], "batch 1 of the loader has 4 examples and 3 labels"),
            ([(x, 1)], "batch 1 of the loader has 4 examples and one label"),
            ([(y, y)], "the examples of batch 1 of the loader have the shape [4], expected [N, …]"),
            ([(x, y), batch(4, 5)], "batch 2 of the loader has examples of the shape [5], expected [3]"),
            ([(x, y), (x, np.zeros((4, 2)))], "batch 2 of the loader has labels of the shape [2], expected []"),
            ([(x, y), (x, y.astype(float))], "batch 2 of the loader has labels of float64, expected int64"),
            ([(x, y), (bad, y)], "the examples of batch 2 of the loader have 2 of 12 numbers that are NaN or infinite"),
            ([(x, np.full(4, np.nan))], "the labels of batch 1 of the loader have 4 of 4 numbers that are NaN"),
            ([(np.array([["a"]] * 4), y)], "are of the type <U1, expected floats or whole numbers"),
            ([([[1], [1, 2]], [0, 1])], "the examples of batch 1 of the loader cannot be made an array"),
        ]
        for loader, words in cases:
            with self.subTest(words), self.assertRaises(Error) as caught:
                collect(loader)
            self.assertIn(words, str(caught.exception))
            self.assertNotIn("\n", str(caught.exception))
        with self.assertRaisesRegex(Error, "`batches` is 0, expected at least 1"):
            collect([(x, y)], batches=0)


if __name__ == "__main__":
    unittest.main()
