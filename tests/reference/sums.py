"""The first sequences of `data.source = "sums"` and of `"chains"` by another implementation of their random numbers, in plain Python.

    python sums.py

ChaCha with 8 rounds by Bernstein, a seed of 64 bits spread by PCG as `rand_core` does it, numbers below a bound by a wide product as
`rand` takes them.
"""

MASK = 0xFFFFFFFF


def block(key, counter, stream, rounds):
    state = [0x61707865, 0x3320646E, 0x79622D32, 0x6B206574, *key, counter & MASK, counter >> 32, stream & MASK, stream >> 32]
    words = state[:]

    def turn(x, by):
        return ((x << by) | (x >> (32 - by))) & MASK

    def quarter(a, b, c, d):
        for one, other, third, by in [(a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)]:
            words[one] = (words[one] + words[other]) & MASK
            words[third] = turn(words[third] ^ words[one], by)

    for _ in range(rounds // 2):
        for column in range(4):
            quarter(*[4 * row + column for row in range(4)])
        for column in range(4):
            quarter(*[4 * row + (column + row) % 4 for row in range(4)])
    return [(a + b) & MASK for a, b in zip(words, state)]


# The key stream of a key of zeros begins so, for 20 and for 8 rounds.
assert block([0] * 8, 0, 0, 20)[0] == 0xADE0B876
assert block([0] * 8, 0, 0, 8)[0] == 0x2FEF003E


class Stream:
    def __init__(self, seed, stream):
        self.key, self.stream, self.counter, self.words = [], stream, 0, []
        for _ in range(8):
            seed = (seed * 0x5851F42D4C957F2D + 0xA17654E46FBE17F3) & (2**64 - 1)
            shifted, by = (((seed >> 18) ^ seed) >> 27) & MASK, seed >> 59
            self.key.append(((shifted >> by) | (shifted << (32 - by))) & MASK)

    def word(self):
        if not self.words:
            self.words = block(self.key, self.counter, self.stream, 8)
            self.counter += 1
        return self.words.pop(0)

    def below(self, bound):
        product = self.word() * bound
        high, low = product >> 32, product & MASK
        if low > -bound & MASK:
            high += low + (self.word() * bound >> 32) > MASK
        return high


def sequence(numbers, length):
    text = ""
    while len(text) < length:
        a, b = numbers.below(21), numbers.below(21)
        text += f"{a}+{b}={a + b}." if numbers.below(2) == 0 else f"{max(a, b)}-{min(a, b)}={abs(a - b)}."
    return text[:length]


numbers = Stream(3, 2**64 - 1)
print([sequence(numbers, 33)[:32] for _ in range(2)])


def chain(digits):
    lines = []
    while len(digits) > 1:
        digits = [(digits[0] + digits[1]) % 10, *digits[2:]]
        lines.append("+".join(map(str, digits)))
    return ",".join(lines) + f">{digits[0]}."


numbers = Stream(3, 2**64 - 1)
questions = list(range(10_000))
for place in range(3):
    other = place + numbers.below(10_000 - place)
    questions[place], questions[other] = questions[other], questions[place]
    digits = [int(digit) for digit in f"{questions[place]:04}"]
    print("+".join(map(str, digits)) + "=" + chain(digits))
