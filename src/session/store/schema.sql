-- Version 1 of the session file. Figures stand in columns without a type, so that SQLite leaves them as they are, to the
-- last bit. NaN is NULL. docs/session.md explains the tables and has queries.

-- Where the session comes from: version, device, processor, created (Unix seconds), writer, openings.
CREATE TABLE provenance (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE experiment (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    num_parameters INTEGER NOT NULL,
    tensors TEXT NOT NULL,      -- JSON: the names of the parameter tensors in their order
    toml TEXT NOT NULL,
    checksum BLOB NOT NULL
);

-- Layout, names, colours and the like, each text under its key.
CREATE TABLE texts (key TEXT PRIMARY KEY, text TEXT NOT NULL, checksum BLOB NOT NULL) WITHOUT ROWID;

CREATE TABLE runs (
    run INTEGER PRIMARY KEY,
    place INTEGER NOT NULL,
    removed INTEGER,            -- NULL, or its number among the removals
    optimizer TEXT NOT NULL,
    seed INTEGER NOT NULL,
    parent INTEGER,             -- the run that its weights come from
    parent_step INTEGER,
    state TEXT NOT NULL,        -- open, finished or diverged
    diverged_at INTEGER,
    last_good_step INTEGER,
    toml TEXT NOT NULL,         -- all of it, with its knobs as it began
    checksum BLOB NOT NULL
);

CREATE TABLE journal (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    step INTEGER NOT NULL,
    knob TEXT NOT NULL,
    old,
    new
);
CREATE INDEX journal_by_run ON journal (run, id);

CREATE TABLE steps (
    run INTEGER, step INTEGER, gradient_evaluations INTEGER NOT NULL, train_seconds, batch_loss, perturbed_loss,
    gradient_norm, learning_rate,
    noise_k INTEGER,            -- NULL without noise, and so are all that follow
    noise_sigma, noise_base_sigma, noise_even_mean, noise_odd_square, noise_gap_mean,
    PRIMARY KEY (run, step)
) WITHOUT ROWID;

CREATE TABLE evals (
    run INTEGER, step INTEGER, gradient_evaluations INTEGER NOT NULL, train_loss, train_accuracy, test_loss,
    test_accuracy, weight_norm,
    validated INTEGER NOT NULL, -- 1 where there are validation examples
    validation_loss, validation_accuracy,
    averaged INTEGER,           -- weights in the average; NULL without one, and so are all that follow
    average_train_loss, average_train_accuracy, average_test_loss, average_test_accuracy, average_validation_loss,
    average_validation_accuracy,
    average_validated INTEGER,
    PRIMARY KEY (run, step)
) WITHOUT ROWID;

CREATE TABLE traces (
    run INTEGER, step INTEGER, gradient_evaluations INTEGER NOT NULL, train_loss, mean, stderr, probes INTEGER NOT NULL,
    PRIMARY KEY (run, step)
) WITHOUT ROWID;

CREATE TABLE eigens (
    run INTEGER, step INTEGER, gradient_evaluations INTEGER NOT NULL, train_loss, lambda_max, lambda_min, residual_max,
    residual_min, products INTEGER NOT NULL,
    PRIMARY KEY (run, step)
) WITHOUT ROWID;

CREATE TABLE streamed_traces (
    run INTEGER, step INTEGER, gradient_evaluations INTEGER NOT NULL, first_step INTEGER NOT NULL,
    probes INTEGER NOT NULL, mean, stderr,
    PRIMARY KEY (run, step)
) WITHOUT ROWID;

CREATE TABLE streamed_eigens (
    run INTEGER, step INTEGER, gradient_evaluations INTEGER NOT NULL, examples INTEGER NOT NULL, lambda_max, lambda_min,
    residual_max, residual_min, products INTEGER NOT NULL,
    PRIMARY KEY (run, step)
) WITHOUT ROWID;

-- One row a tensor.
CREATE TABLE layer_traces (
    run INTEGER, step INTEGER, tensor INTEGER, gradient_evaluations INTEGER NOT NULL, mean, stderr,
    samples INTEGER NOT NULL,
    PRIMARY KEY (run, step, tensor)
) WITHOUT ROWID;

-- Of which kinds not every row is kept: one in stride of those that were seen.
CREATE TABLE thinning (
    run INTEGER, kind TEXT, stride INTEGER NOT NULL, seen INTEGER NOT NULL,
    PRIMARY KEY (run, kind)
) WITHOUT ROWID;

-- Large numbers, each once however often it is used: the SHA-256 of its bytes is its name.
CREATE TABLE blobs (
    blob INTEGER PRIMARY KEY,
    sha256 BLOB NOT NULL UNIQUE,
    size INTEGER NOT NULL,      -- bytes before they are packed
    packed INTEGER NOT NULL     -- 1: all parts together are one zlib stream
);
CREATE TABLE parts (
    blob INTEGER NOT NULL,
    part INTEGER NOT NULL,      -- counts from 0
    bytes BLOB NOT NULL,
    PRIMARY KEY (blob, part)
);

-- f64, little-endian: x, y, losses row per y, and accuracies where has_accuracy.
CREATE TABLE slices (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    step INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    num_x INTEGER NOT NULL,
    num_y INTEGER NOT NULL,
    has_accuracy INTEGER NOT NULL,
    masked INTEGER NOT NULL,
    center_loss,
    range,
    objective TEXT NOT NULL,
    directions TEXT NOT NULL,   -- the plane and how its directions are normalised
    kind TEXT NOT NULL,         -- what slices have in common that are played one after another
    blob INTEGER NOT NULL,
    toml TEXT NOT NULL,         -- all but what the blob has: caption, view, path
    checksum BLOB NOT NULL
);
CREATE INDEX slices_by_run ON slices (run, id);

-- States of runs; their arrays are f32, little-endian.
CREATE TABLE checkpoints (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    step INTEGER NOT NULL,
    is_start INTEGER NOT NULL,
    toml TEXT NOT NULL,         -- knobs and counters
    checksum BLOB NOT NULL,
    UNIQUE (run, step)
);
CREATE TABLE arrays (
    checkpoint INTEGER, name TEXT, blob INTEGER NOT NULL,
    PRIMARY KEY (checkpoint, name)
) WITHOUT ROWID;

-- Weights along a run's way, f32, little-endian.
CREATE TABLE path (
    run INTEGER, step INTEGER, train_loss, test_loss, stride INTEGER NOT NULL, blob INTEGER NOT NULL,
    PRIMARY KEY (run, step)
) WITHOUT ROWID;

-- What jobs found. Their figures stand in facts once more.
CREATE TABLE measurements (
    id INTEGER PRIMARY KEY,
    opening INTEGER NOT NULL,   -- how often the session had been opened: jobs count anew each time
    job INTEGER NOT NULL,
    run INTEGER NOT NULL,
    step INTEGER NOT NULL,
    name TEXT NOT NULL,
    objective TEXT NOT NULL,
    ended TEXT NOT NULL,        -- complete, cancelled or failed
    toml TEXT NOT NULL,         -- request, end and findings
    checksum BLOB NOT NULL,
    UNIQUE (opening, job)
);
CREATE TABLE facts (
    measurement INTEGER, place INTEGER, name TEXT NOT NULL, value, error, about TEXT NOT NULL,
    PRIMARY KEY (measurement, place)
) WITHOUT ROWID;

-- Finished runs of a comparison, and the tries of its tuning.
CREATE TABLE results (
    id INTEGER PRIMARY KEY,
    optimizer TEXT NOT NULL,
    seed INTEGER NOT NULL,
    steps INTEGER NOT NULL,
    gradient_evaluations INTEGER NOT NULL,
    train_loss, test_loss, train_accuracy, test_accuracy, trace, trace_stderr, lambda_max, lambda_min, wall_seconds,
    diverged_at INTEGER,
    weights INTEGER,            -- blob: a safetensors file
    average_weights INTEGER,
    toml TEXT NOT NULL,         -- all but the weights
    checksum BLOB NOT NULL,
    UNIQUE (optimizer, seed)
);
CREATE TABLE tries (
    id INTEGER PRIMARY KEY,
    optimizer TEXT NOT NULL,
    knobs TEXT NOT NULL,        -- the values that were tried, in words
    validation_loss, validation_accuracy,
    is_picked INTEGER NOT NULL,
    toml TEXT NOT NULL,
    checksum BLOB NOT NULL,
    UNIQUE (optimizer, knobs)
);
