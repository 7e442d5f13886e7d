"""The first texts of `data.source = "masked-words"` and of `"sentence-pairs"` by another implementation, in plain Python.

    python sentences.py

The random numbers are those of sums.py; the words are written anew here.
"""

from sums import Stream

MARKS = "[cls] [sep] [mask] the was by in".split()
PARTS = [
    "doctor/physician teacher/instructor lawyer/attorney child/kid thief/robber writer/author boss/manager sailor/mariner",
    "quickly/rapidly quietly/silently gladly/happily often/frequently recently/lately carefully/cautiously finally/eventually "
    "secretly/covertly",
    "bought/purchased fixed/repaired found/discovered cleaned/washed built/constructed lost/misplaced wrecked/destroyed "
    "collected/gathered",
    "car/automobile sofa/couch picture/image stone/rock coat/jacket bag/sack gift/present boat/vessel",
    "garden/yard forest/woods shop/store city/town cellar/basement street/road hall/lobby country/nation",
]
WORDS = [[meaning.split("/") for meaning in part.split()] for part in PARTS]
PHRASINGS = [
    "the {0} {1} {2} the {3} in the {4}",
    "in the {4} the {0} {1} {2} the {3}",
    "the {3} was {1} {2} by the {0} in the {4}",
    "in the {4} the {3} was {1} {2} by the {0}",
]


def tell(event, synonyms, phrasing):
    return PHRASINGS[phrasing].format(*(WORDS[part][event[part]][synonyms[part]] for part in range(5))).split()


def shuffled(values, count, numbers):
    for place in range(count):
        other = place + numbers.below(len(values) - place)
        values[place], values[other] = values[other], values[place]
    return values[:count]


def events(count, parity, numbers):
    for number in shuffled(list(range(2**14)), count, numbers):
        event = [number >> 3 * part & 7 for part in range(4)]
        yield [*event, 2 * (number >> 12) + (sum(event) + parity) % 2]


def phrasings(numbers):
    first = numbers.below(4)
    return first, (first + 1 + numbers.below(3)) % 4


def masked(count, numbers):
    for event in list(events(count, 0, numbers)):
        ways = phrasings(numbers)
        first, second = (tell(event, [numbers.below(2) for _ in range(5)], way) for way in ways)
        text = ["[cls]", *first, "[sep]", *second]
        for place in shuffled([place for place, word in enumerate(text) if word not in MARKS], 4, numbers):
            what = numbers.below(4)
            part = next(sum(meanings, []) for meanings in WORDS if text[place] in sum(meanings, []))
            if what == 0:
                text[place] = part[(part.index(text[place]) + 1 + numbers.below(15)) % 16]
            elif what > 1:
                text[place] = "[mask]"
        yield " ".join(text)


def pairs(count, numbers):
    for place, event in enumerate(list(events(count, 1, numbers))):
        first, second = phrasings(numbers)
        synonyms = [numbers.below(2) for _ in range(5)]
        count = 1 + numbers.below(4)
        replaced = shuffled(list(range(5)), count, numbers)
        other = [1 - of if part in replaced else of for part, of in enumerate(synonyms)]
        meant = list(event)
        if place % 2 == 0:
            meant[replaced[0]] = (event[replaced[0]] + 2 * (1 + numbers.below(3))) % 8
            other[replaced[0]] = numbers.below(2)
        yield " ".join(["[cls]", *tell(event, synonyms, first), "[sep]", *tell(meant, other, second)])


for make in [masked, pairs]:
    print("\n".join(make(2, Stream(3, 2**64 - 1))))
