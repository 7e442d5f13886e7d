-- Version 2: what alerts of the window said of runs. docs/session.md explains it.
CREATE TABLE alerts (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    step INTEGER NOT NULL,
    rule TEXT NOT NULL,
    words TEXT NOT NULL,        -- a sentence without its full stop
    paused INTEGER NOT NULL     -- 1 where training paused for it
);
CREATE INDEX alerts_by_run ON alerts (run, id);
