"""A small byte-pair tokenizer as GPT-2's, what `tokenizers` and `transformers` make of texts, and files of tokens.

    pip install numpy pyarrow pillow tokenizers transformers
    python text.py

Writes text/: a tokenizer in both of its forms, `bpe/vocab.json` with `bpe/merges.txt` and `tokenizer.json`; expected.json, a list of
texts with their `ids`; Parquet with texts; and NPZ files of tokens with tokens.json, what must be found in them or the words of the refusal.
"""

import io
import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import tokenizers
import transformers
from PIL import Image
from tokenizers import decoders, models, pre_tokenizers, trainers

HERE = Path(__file__).parent / "text"
END = "<|endoftext|>"
TEXTS = [
    "hello world",
    " hello  world ",
    "The loss is 0.25, the trace is 1234567.",
    "line one\nline two\n\n\tindented\r\n",
    "don't can't we'll I'm they've you're he'd",
    "naïve café, Käse, ÅNGSTRÖM, señor",
    "日本語 und русский",
    "emoji 🙂🚀 and 👩‍👩‍👧 joined",
    "12+7=19. 8-3=5.",
    "x = f(a_b, c*d) # comment",
    "one" + END + "two",
    "\u00a0non-breaking\u2028separator\u0000zero",
    "",
    " ",
    "UPPER lower MiXeD",
    "e\u0301 and \u00e9",
]


CORPUS = """The loss is a number and the trace of the Hessian is another one. A line in the plane, a point on the line; the network has
learned what it has seen, and the landscape is the loss over the weights. If you do not look, you do not see. The reader reads,
the writer writes, the learner learns: 1, 2, 3, 12, 123, 2024. Don't ask what it's for; they've seen that we'll get there.
"""


def train():
    """GPT-2's kind of tokenizer with 420 pieces, and what transformers and tokenizers make of all texts."""
    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=420, special_tokens=[END], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator([CORPUS, *TEXTS] * 2, trainer)
    (HERE / "bpe").mkdir()
    tokenizer.model.save(str(HERE / "bpe"))
    tokenizer.save(str(HERE / "tokenizer.json"), pretty=False)
    gpt2 = transformers.GPT2TokenizerFast.from_pretrained(HERE / "bpe")
    rows = [{"text": text, "ids": gpt2(text)["input_ids"]} for text in TEXTS]
    for row in rows:
        assert row["ids"] == tokenizer.encode(row["text"]).ids, row
    return rows


def arrays():
    """Files of tokens: T = 4, V = 9, three outputs or targets for each token."""
    x = np.array([[0, 8, 3, 1], [2, -1, 5, -1], [7, 7, -1, 0]])
    y = np.array([[8, 3, 1, 2], [-100, 5, -100, -100], [7, 0, 1, -100]])
    classes = np.array([2, 0, 1])
    image = np.arange(3 * 4, dtype=np.float32).reshape(3, 1, 2, 2) / 16
    cases = []

    def case(name, arrays, loss, outputs, words, read=None, towers=False):
        np.savez(HERE / f"{name}.npz", **arrays)
        cases.append({"path": f"{name}.npz", "loss": loss, "outputs": outputs, "towers": towers, "words": words, "read": read})

    each = lambda x, y: {"x": x.reshape(-1).tolist(), "y": y.reshape(-1).tolist()}
    token, one = "token-cross-entropy", "cross-entropy"
    case("whole", {"x": x, "y": y}, token, 9, [], each(x, y))
    case("floats", {"x": x.astype(np.float32), "y": y.astype(np.float64)}, token, 9, [], each(x, y))
    short_x, short_y = np.pad(x[:, :3], [(0, 0), (0, 1)], constant_values=-1), np.pad(y[:, :3], [(0, 0), (0, 1)], constant_values=-100)
    case("short", {"x": x[:, :3], "y": y[:, :3]}, token, 9, ["sequences of `x` have 3 tokens and are padded to the model's 4"], each(short_x, short_y))
    case("classes", {"x": x.astype(np.int16), "y": classes}, one, 3, [], each(x, classes))
    both = np.concatenate([image.reshape(3, -1), x], 1)
    case("pairs", {"image": image, "text": x, "name": np.arange(3)}, "contrastive", 5, ["`name` is left out"], each(both, np.array([])), True)
    # What must be refused.
    change = lambda of, at, value: np.where(np.arange(of.size).reshape(of.shape) == at, value, of)
    case("outside", {"x": change(x, 6, 9), "y": y}, token, 9, ["row 1 (counted from 0) has the token 9 at place 2", "0 to 8", "vocabulary of 9"])
    case("below", {"x": change(x, 6, -2), "y": y}, token, 9, ["has the token -2 at place 2", "-1, which is padding"])
    case("half", {"x": change(x.astype(float), 6, 1.5), "y": y}, token, 9, ["has the token 1.5 at place 2", "a whole number"])
    case("padding", {"x": np.where(np.arange(3)[:, None] == 1, -1, x), "y": y}, token, 9, ["row 1 (counted from 0) has nothing but padding", "at least one token"])
    case("long", {"x": np.tile(x, 2), "y": np.tile(y, 2)}, token, 9, ["`x` has the shape [3, 8]", "at most 4 tokens in a row"])
    case("far", {"x": x, "y": change(y, 1, 9)}, token, 9, ["row 0 (counted from 0) has the target 9 at place 1", "0 to 8", "-100, which is left out"])
    case("minus", {"x": x, "y": change(y, 1, -1)}, token, 9, ["has the target -1 at place 1"])
    case("nothing", {"x": x, "y": np.full_like(y, -100)}, token, 9, ["targets of nothing but -100", "at least one that counts"])
    case("unlike", {"x": x, "y": y[:, :3]}, token, 9, ["`y` has the shape [3, 3]", "[3, 4], a target for each token of `x`"])
    case("flat", {"x": x.reshape(-1), "y": y.reshape(-1)}, token, 9, ["`x` has the shape [12]", "[N, 4], N sequences"])
    case("words", {"x": x.astype(str), "y": y}, token, 9, ["`x` holds text", "whole numbers, the tokens"])
    case("counts", {"image": image[:2], "text": x}, "contrastive", 5, ["2 images in `image` and 3 texts in `text`", "as many of both"], None, True)
    case("no-text", {"x": x, "y": y}, "contrastive", 5, ["no arrays `image` and `text`, but `x`, `y`"], None, True)
    return cases


def tables():
    """Parquet with texts and labels, and with images and texts."""
    write = lambda name, columns: pq.write_table(pa.table(columns), HERE / f"{name}.parquet", write_statistics=False, store_schema=False)
    write("reviews", {"id": [1, 2, 3], "text": ["good, so good", "bad", "fine, I guess"], "label": ["pos", "neg", "pos"]})
    pictures = []
    for pixels in ([0, 255], [255, 0]):
        raw = io.BytesIO()
        Image.fromarray(np.array([pixels], np.uint8)).save(raw, "png")
        pictures.append({"bytes": raw.getvalue(), "path": None})
    write("captions", {"image": pictures, "caption": ["a d", "a cat"]})


def main():
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir()
    rows = train()
    (HERE / "expected.json").write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")
    tables()
    cases = arrays()
    (HERE / "tokens.json").write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
    print(len(rows), "texts,", len(cases), "files")


if __name__ == "__main__":
    main()
