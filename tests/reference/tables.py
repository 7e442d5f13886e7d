"""Tables as people have them, and the loss that a fixed linear model has on what they mean.

    python tables.py            (needs nothing else)

Writes tables.json; README.md describes its keys. The loss is worked out here from the numbers that are meant, in 64-bit
floats, never from the text.
"""

import json
import math
from pathlib import Path

CASES = []


def weight(output, feature):
    return 0.1 * (output + 1) - 0.05 * feature


def loss(x, y, outputs, kind):
    """Mean cross-entropy, or mean squared error, of the outputs W x without a bias."""
    total = 0.0
    for row, label in zip(x, y):
        out = [sum(weight(o, f) * value for f, value in enumerate(row)) for o in range(outputs)]
        if kind == "mse":
            total += sum((o - w) ** 2 for o, w in zip(out, label)) / outputs
        else:
            top = max(out)
            total += top + math.log(sum(math.exp(o - top) for o in out)) - out[label]
    return total / len(x)


def case(name, text, x, y, *words, file="d.csv", encoding="utf-8", args=(), outputs=None):
    """A file, the numbers that it means, and words of the notes that must be told."""
    kind = "mse" if isinstance(y[0], list) else "cross-entropy"
    outputs = outputs or (len(y[0]) if kind == "mse" else max(y) + 1)
    CASES.append({"name": name, "file": file, "hex": text.encode(encoding).hex(), "args": list(args),
                  "features": len(x[0]), "outputs": outputs, "kind": kind, "loss": loss(x, y, outputs, kind),
                  "words": list(words)})


X, Y = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [0, 1, 0]
F = [[1.5, 2.25], [2.5, 3.0], [3.5, -4.75]]

# The index of pandas and the names of rows of R.
case("pandas index above words", ",a,b,species\n0,1,2,cat\n1,3,4,dog\n2,5,6,cat\n", X, Y, "the index is left out", "cat = 0")
case("pandas index above numbers", ",a,b,y\n0,1,2,0\n1,3,4,1\n2,5,6,0\n", X, Y, "the index is left out")
case("index saved twice", "Unnamed: 0.1,Unnamed: 0,a,b,y\n0,0,1,2,0\n1,1,3,4,1\n2,2,5,6,0\n", X, Y, "columns 1 to 2")
case("shuffled index", "Unnamed: 0,a,b,y\n7,1,2,0\n2,3,4,1\n5,5,6,0\n", X, Y, "the index is left out")
case("index of words", ",a,b,y\nanna,1,2,0\nben,3,4,1\ncleo,5,6,0\n", X, Y, "the index is left out")
case("index of dates", ",a,b,y\n2024-01-01,1,2,0\n2024-01-02,3,4,1\n2024-01-03,5,6,0\n", X, Y, "the index is left out")
case("index above counted columns", ",0,1,2\n0,1,2,0\n1,3,4,1\n2,5,6,0\n", X, Y, "the index is left out", "0, 1, 2")
case("R's write.csv", '"","a","b","y"\n"1",1,2,0\n"2",3,4,1\n"3",5,6,0\n', X, Y, "the index is left out")
case("R's write.table", '"a" "b" "kind"\n"1" 1 2 "red cat"\n"2" 3 4 "blue dog"\n"3" 5 6 "red cat"\n', X, [1, 0, 1],
     "one field more than the header", "separated by spaces", "blue dog = 0", file="d.txt")
case("a nameless column as the label", ",a,b\n0,1,2\n1,3,4\n0,5,6\n", X, Y, "the label is column 1", args=["--label-column", "1"])

# Separators and decimal commas.
case("decimal commas", "1,5;0\n2,5;1\n3,5;0\n4,5;1\n", [[1.5], [2.5], [3.5], [4.5]], [0, 1, 0, 1], "decimal commas", "semicolons")
case("decimal commas with a header", "u;v;y\n1,5;2,25;0\n2,5;3;1\n3,5;-4,75;0\n", F, Y, "decimal commas, such as `1,5`")
case("decimal commas and words", "1,5;2,25;cat\n2,5;3;dog\n3,5;-4,75;cat\n", F, Y, "decimal commas", "cat = 0, dog = 1")
case("decimal commas in quotes", '"1,5","2,25",0\n"2,5","3",1\n"3,5","-4,75",0\n', F, Y, "decimal commas", "commas separate")
case("decimal commas and tabs", "1,5\t2,25\t0\n2,5\t3\t1\n3,5\t-4,75\t0\n", F, Y, "decimal commas", "tabs")
case("decimal commas and spaces", "1,5 2,25 0\n2,5 3 1\n3,5 -4,75 0\n", F, Y, "decimal commas", "spaces", file="d.dat")
case("a value that settles", "1,234;0\n2,5;1\n", [[1.234], [2.5]], [0, 1], "decimal commas, such as `2,5`")
case("a regression with decimal commas", "1,5;2,25;0,5\n2,5;3;1,5\n3,5;-4,75;-2\n", F, [[0.5], [1.5], [-2.0]], "decimal commas")
case("semicolons in a word", "1,2,cat;dog\n3,4,dog;dog\n5,6,cat;dog\n", X, Y, "cat;dog = 0")
case("savetxt", "".join(f"{a:.18e} {b:.18e} {c:.18e}\n" for (a, b), c in zip(F, Y)), F, Y, "separated by spaces", "whole numbers", file="d.txt")
case("columns in line", "  1.5   2.25  0\n 2.5   3.0   1\n 3.5  -4.75  0\n", F, Y, "separated by spaces", file="d.txt")
case("vertical bars", "a|b|y\n1|2|0\n3|4|1\n5|6|0\n", X, Y, "vertical bars")
case("Excel's first line", "sep=;\r\na;b;y\r\n1;2;0\r\n3;4;1\r\n5;6;0\r\n", X, Y, "column 3 (`y`)")
case("a first line that decides", "sep=,\n1,2 ,0\n3,4 ,1\n5,6 ,0\n", X, Y, "column 3")

# Encodings and ends of lines.
case("Unicode text", "\ufeffa\tb\tart\r\n1\t2\tKätzchen\r\n3\t4\tπ\r\n5\t6\tKätzchen\r\n", X, Y, "UTF-16", "Kätzchen = 0", file="d.txt", encoding="utf-16-le")
case("big-endian Unicode text", "\ufeff1\t2\t0\n3\t4\t1\n5\t6\t0\n", X, Y, "UTF-16", encoding="utf-16-be")
case("UTF-8 with a mark", "\ufeffa,b,y\r\n1,2,0\r\n3,4,1\r\n5,6,0\r\n", X, Y, "column 3 (`y`)")
case("old Mac", "a,b,y\r1,2,0\r3,4,1\r5,6,0\r", X, Y, "column 3 (`y`)")
case("trailing separators", "1;2;0;\n3;4;1;\n5;6;0;\n", X, Y, "1 empty column at the end is left out", "column 3")
case("trailing separators below a header", "a,b,y\n1,2,0,,\n3,4,1,,\n5,6,0,,\n", X, Y, "2 empty columns at the end are left out")
case("lines without a value", "a,b,y\n\n1,2,0\n,,\n3,4,1\n   \n5,6,0\n,,\n,,\n", X, Y, "3 lines without a value are left out")

# Values.
case("quoted numbers", '"a","b","y"\n"1","2","0"\n"3","4","1"\n"5","6","0"\n', X, Y, "column 3 (`y`)")
case("truths", "smokes,b,y\nTrue,2,0\nFalse,4,1\nTrue,6,0\n", [[1, 2], [0, 4], [1, 6]], Y, "true and yes are read as 1", "column 1 (`smokes`)")
case("yes and no", "yes,2,no\nno,4,yes\nyes,6,no\n", [[1, 2], [0, 4], [1, 6]], Y, "no as 0 in column 1", "no = 0, yes = 1")
case("labels true and false", "a,b,ill\n1,2,False\n3,4,True\n5,6,False\n", X, Y, "False = 0, True = 1")
case("a constant column", "a,b,y\n1,2,0\n3,2,1\n5,2,0\n", [[1, 2], [3, 2], [5, 2]], Y, "column 3 (`y`)")
case("two columns of one name", "a,a,y\n1,2,0\n3,4,1\n5,6,0\n", X, Y, "2 columns have the name `a`")
case("labels as floats", "1,2,0.0\n3,4,1.0\n5,6,0.0\n", X, Y, "labels such as `0.0` are whole numbers")
case("labels from 1 with an output to spare", "1,2,1\n3,4,2\n5,6,1\n", X, [1, 2, 1], "labels run from 1 to 2: class 0 has no example", outputs=3)

# Headers.
case("savetxt's header", "# a b y\n1 2 0\n3 4 1\n5 6 0\n", X, Y, "the comment in line 1 is taken as a header: a, b, y", file="d.txt")
case("savetxt's header names the label", "# made in May\n# y,a,b\n0,1,2\n1,3,4\n0,5,6\n", X, Y, "the comment in line 2", "column 1 (`y`)")
case("a commented header that is none", "# y,a,b\n1,2,0\n3,4,1\n5,6,0\n", X, Y, "column 3 (the last one)", args=["--header", "false"])
case("a first line that could be data", "1,2,y\n3,4,n\n5,6,y\n", X, [1, 0, 1], "n = 0, y = 1", "without a header")
case("labels that are called y", "y,1,2\nn,3,4\ny,5,6\n", X, [1, 0, 1], "column 1", args=["--header", "false", "--label-column", "1"])
case("a header that could be data", "1,2,y\n1,2,n\n3,4,o\n5,6,n\n", X, Y, "column 3 (`y`)", "n = 0, o = 1", args=["--header", "true"])
case("a header of numbers", "0,1,2\n1,2,0\n3,4,1\n5,6,0\n", X, Y, "column 3 (`2`)", args=["--header", "true"])
case("a first line 0, 1, 2 that is data", "0,1,2\n3,4,1\n5,6,0\n", [[0, 1], [3, 4], [5, 6]], [2, 1, 0], "column 3 (the last one)", args=["--header", "false"])
case("years", "2001,2002,label\n1,2,0\n3,4,1\n5,6,0\n", X, Y, "taken as a header: 2001, 2002, label", "`header = false` says otherwise")
case("a column chosen by its name", "kind,a,b\ncat,1,2\ndog,3,4\ncat,5,6\n", X, Y, "column 1 (`kind`)", args=["--label-column", "kind"])
case("numbers by the user's word", "a,b,c\n1,2,7\n3,4,8\n5,6,9\n", X, [[7.0], [8.0], [9.0]], "column 3 (`c`)", args=["--labels", "numbers"])

out = Path(__file__).parent / "tables.json"
out.write_text("[\n" + ",\n".join(json.dumps(item) for item in CASES) + "\n]\n")
print(len(CASES), "cases")
